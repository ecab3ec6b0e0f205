"""The thread that works: one command after another, and the way of a batch.

    read -> BEGIN IMMEDIATE, before-images, write -> INTENT -> permit -> marker, COMMIT -> OUTCOME
"""
import os
import time

import errands
import wire_pb2 as wire
from conversation import resident_bytes
from failing import Failed, failure
from journal import intent
from reading import Run
from survival import pass_site
from writing import Identity, RolledBack, Unsure

TRIES_MAX = 5
RANGES_MAX = 500


def work(desk):
    run = None
    while True:
        command = desk.next()
        try:
            if isinstance(command, wire.Errand):
                desk.does("errand")
                desk.say(errands.execute(command))
            elif isinstance(command, wire.OpenRun):
                desk.does("opening the run")
                run = run or Run(command)
                desk.say(run.opened)
            elif run is None:
                raise Failed("internal", "work for a run that was not opened")
            elif isinstance(command, wire.PlanStream):
                plan(command, run, desk)
            else:
                is_in_doubt = Batch(command, run, desk).execute()
                if is_in_doubt:
                    return  # It waits to be condemned and does nothing more.
                if 0 < desk.resident_max < resident_bytes():
                    desk.say(None)
        except Exception as error:
            desk.say(wire.RunFailed(run=command.run, failure=failure(error)))
            if isinstance(command, wire.Assign):
                desk.say(wire.Returned(attempt=command.attempt, reason=str(error)))
        desk.finished()


def plan(command, run, desk):
    desk.does("planning")
    pieces = wire.RangesPlanned(run=run.id, stream_index=command.stream_index)
    after = list(command.after.values) if command.HasField("after") else None
    through = list(command.through.values) if command.HasField("through") else None
    for planned in run.streams[command.stream_index].plan(command.records_per_batch, after, through):
        if len(pieces.ranges) == RANGES_MAX:
            if not desk.may_plan():
                return
            desk.say(_copy(pieces))
            desk.does("planning")
            pieces.piece += 1
            del pieces.ranges[:]
        pieces.ranges.append(planned)
    pieces.complete = True
    desk.say(pieces)


def _copy(message):
    copied = type(message)()
    copied.CopyFrom(message)
    return copied


class Batch:
    def __init__(self, assignment, run, desk):
        self.assignment, self.run, self.desk = assignment, run, desk
        self.stream = run.streams[assignment.stream_index]

    def execute(self):
        """Whether it is in doubt: COMMIT was executed and its end is not known."""
        try:
            self.desk.does("reading")
            rows = self.stream.read(self.assignment.range)
            for number in range(TRIES_MAX):
                if not self._may_intend():
                    return self._give_back(self.desk.reason())
                try:
                    return self._write(rows)
                except RolledBack as error:
                    reason = str(error)
                self.desk.does(f"waiting to try again: {reason}")
                self.desk.pause(0.1 * 2**number)
            return self._give_back(f"rolled back {TRIES_MAX} times, last: {reason}", transient=True)
        except Failed as error:
            if not error.retriable:
                raise
            return self._give_back(str(error), transient=True)

    def _may_intend(self):
        """Orders are looked at between any two steps."""
        return self.desk.may_intend(is_started=bool(self.desk.write))

    def _write(self, rows):
        """One transaction under one write id."""
        destination = self.run.destination
        identity = Identity(self.run.installation, self.run.id, self.assignment.attempt, new_id())
        self.desk.does("staging")
        records, unchanged, system = destination.stage(self.stream, rows)
        try:
            announced = intent(identity, self.assignment.batch, self.stream, records, unchanged, system)
            if not self._may_intend():
                return self._give_back(self.desk.reason())
            self.desk.write = identity.write
            pass_site("before_intent")
            self.desk.say(announced)
            self.desk.does("waiting for a permit")
            decision = self.desk.await_decision(announced)
            if decision is None:
                reason = self.desk.reason()
                destination.roll_back()
                self._report(announced, wire.ENDING_ROLLED_BACK, reason, again=True)
                return self._give_back(reason)
            if decision.verb != wire.Decision.VERB_PERMIT:
                destination.roll_back()
                if decision.verb == wire.Decision.VERB_RETRY:
                    return self._give_back(decision.reason)
                return self._report(announced, wire.ENDING_ROLLED_BACK, decision.reason)
            return self._commit(announced, identity)
        finally:
            destination.roll_back()

    def _commit(self, announced, identity):
        self.desk.does("committing")
        pass_site("after_permit")
        try:
            at = self.run.destination.commit(identity)
        except Unsure as error:
            self._report(announced, wire.ENDING_UNSURE, str(error))
            return True
        except Exception as error:
            self._report(announced, wire.ENDING_ROLLED_BACK, str(error), again=True)
            raise
        pass_site("before_outcome")
        return self._report(announced, wire.ENDING_COMMITTED, committed_at=at)

    def _report(self, announced, ending, reason="", committed_at=0, again=False):
        self.desk.say(
            wire.Outcome(
                attempt=announced.attempt,
                write=announced.write,
                digest=announced.digest,
                ending=ending,
                reason=reason,
                committed_at_us=committed_at,
                again=again,
            )
        )
        return False

    def _give_back(self, reason, transient=False):
        self.run.destination.roll_back()
        self.desk.say(wire.Returned(attempt=self.assignment.attempt, reason=reason, transient=transient))
        return False


def new_id():
    """A UUIDv7: 48 bits of milliseconds since 1970, version, 12 random bits, variant, 62 random bits."""
    made = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    made[6] = 0x70 | made[6] & 0x0F
    made[8] = 0x80 | made[8] & 0x3F
    return bytes(made)
