"""What lies between the thread that talks to the coordinator and the thread that works."""
import collections
import os
import threading

import wire_pb2 as wire
from survival import boot_ns


class Desk:
    """Commands and decisions in one direction, messages in the other. Both sides only ever hold its lock for a moment."""

    def __init__(self):
        self._changed = threading.Condition()
        self._commands = collections.deque()
        self._decision = None
        self._desired = wire.DESIRED_RUN
        self._leaving = False
        self._said = collections.deque()
        # What a heartbeat tells.
        self.busy = False
        self.attempt = b""
        self.write = b""
        self.doing = ""
        self.progress_ns = boot_ns()
        # Of the Welcome; 0: no bound.
        self.resident_max = 0
        # Wakes the talking thread.
        self.bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    # ---- the talking side

    def put(self, command):
        with self._changed:
            self._commands.append(command)
            self._changed.notify()

    def order(self, desired=None, leaving=False):
        with self._changed:
            self._desired = self._desired if desired is None else desired
            self._leaving = self._leaving or leaving
            self._changed.notify()

    def decide(self, decision):
        with self._changed:
            self._decision = decision
            self._changed.notify()

    def take_unstarted(self):
        """The assignments that no work was done for; they are taken off."""
        with self._changed:
            taken = [command for command in self._commands if isinstance(command, wire.Assign)]
            for command in taken:
                self._commands.remove(command)
            return taken

    def attempts(self):
        """In hand, as (attempt, its last write or b"")."""
        with self._changed:
            waiting = [(command.attempt, b"") for command in self._commands if isinstance(command, wire.Assign)]
            return ([(self.attempt, self.write)] if self.attempt else []) + waiting

    def take_said(self):
        try:
            os.eventfd_read(self.bell)
        except BlockingIOError:
            pass
        with self._changed:
            said, self._said = self._said, collections.deque()
            return said

    # ---- the working side

    def next(self):
        """The next command; waits for it. Assignments wait while the run is held or over."""
        with self._changed:
            self._changed.wait_for(self._is_due)
            command = self._commands.popleft()
            self.busy = True
            if isinstance(command, wire.Assign):
                self.attempt = command.attempt
            return command

    def finished(self):
        with self._changed:
            self.busy = False
            self.attempt = self.write = b""
        self.does("")
        os.eventfd_write(self.bell, 1)

    def does(self, what):
        self.doing = what
        self.progress_ns = boot_ns()

    def say(self, message):
        with self._changed:
            self._said.append(message)
        os.eventfd_write(self.bell, 1)

    def may_start(self):
        return self._desired == wire.DESIRED_RUN and not self._leaving

    def may_intend(self, is_started):
        """A draining run finishes batches whose first intent was sent before."""
        return self.may_start() or (is_started and self._desired == wire.DESIRED_DRAIN and not self._leaving)

    def may_plan(self):
        return self._desired != wire.DESIRED_DRAIN and not self._leaving

    def reason(self):
        return "the worker is leaving" if self._leaving else f"the run is to {wire.Desired.Name(self._desired)[8:].lower()}"

    def await_decision(self, intent):
        """The decision on this very transaction; None when nobody may wait for it with a transaction open."""

        def is_over():
            return self._answers(intent) or self._desired == wire.DESIRED_HOLD or self._leaving

        with self._changed:
            self._changed.wait_for(is_over)
            decision = self._decision if self._answers(intent) else None
            self._decision = None
            return decision

    def pause(self, seconds):
        """Waits before another try; not any longer when the orders change."""
        with self._changed:
            self._changed.wait_for(lambda: not self.may_start(), timeout=seconds)

    def _is_due(self):
        if not self._commands:
            return False
        return self.may_start() if isinstance(self._commands[0], wire.Assign) else not self._leaving

    def _answers(self, intent):
        made = self._decision
        return made is not None and (made.attempt, made.write, made.transaction) == (
            intent.attempt,
            intent.write,
            intent.transaction,
        )
