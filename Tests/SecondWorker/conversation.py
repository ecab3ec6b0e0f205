"""The thread that talks to the coordinator. It owns both sockets and blocks in nothing but the poll."""
import collections
import os
import resource
import socket
import sys

import zmq

import wire_pb2 as wire
from checking import Violation, check
from survival import Exit, boot_ns, leave

TOPIC = b"sluice"
FRAME_BYTES_MAX = 64 << 20
PATIENCE_NS = 2_000_000_000
BODIES = {field.message_type.name: field.name for field in wire.Envelope.DESCRIPTOR.oneofs_by_name["body"].fields}


class Conversation:
    def __init__(self, arguments, desk, lease):
        self.incarnation = arguments.incarnation
        self.supervisor = arguments.supervisor
        self.desk = desk
        self.lease = lease
        self.heartbeat_ns, self.lease_ns, self.resident_max = 500_000_000, 10_000_000_000, 0
        self.lease.arm(boot_ns() + self.lease_ns)
        context = zmq.Context()
        self.control = self._socket(context, zmq.SUB, {zmq.SUBSCRIBE: TOPIC})
        self.control.connect(arguments.control)
        self.work = self._socket(context, zmq.DEALER, {zmq.IDENTITY: arguments.incarnation})
        self.work.connect(arguments.work)
        self.backlog = collections.deque()
        self.run_id = b""
        self.epoch = 0
        self.desired = wire.DESIRED_RUN
        # By write: [intent or outcome without an answer, when it was sent last].
        self.unanswered = {}
        self.next_beat = self.last_sent = self.last_answered = 0
        self.leaving = self.said_all_at = None
        self.errand = self.errand_deadline = None
        self._forget_coordinator()

    @staticmethod
    def _socket(context, kind, options):
        made = context.socket(kind)
        for option, value in {zmq.LINGER: 0, zmq.MAXMSGSIZE: FRAME_BYTES_MAX, **options}.items():
            made.setsockopt(option, value)
        return made

    def _forget_coordinator(self):
        self.welcomed_at = None  # S of its Welcome
        self.is_ready = False
        self.sequence = self.obeyed = self.asked = 0
        self.ticked = -1

    def run(self):
        poller = zmq.Poller()
        for readable in (self.control, self.work, self.desk.bell):
            poller.register(readable, zmq.POLLIN)
        while True:
            self._beat()
            poller.poll(5 if self.backlog else max(0, self.next_beat - boot_ns()) // 1_000_000 + 1)
            # The control channel first: it may say that the rest is not wanted any more.
            self._receive(self.control, frames=2)
            self._receive(self.work, frames=1)
            is_busy = self.desk.busy
            for message in self.desk.take_said():
                if message is None:
                    self._leave("the work is too large for this process")
                    continue
                if isinstance(message, wire.ErrandDone):
                    self.errand = None
                self._send(message)
            self._speak_again()
            self._depart_if_possible(is_busy)

    # ---- in

    def _receive(self, socket_, frames):
        while True:
            try:
                parts = socket_.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                if len(parts) != frames or (frames == 2 and parts[0] != TOPIC):
                    raise Violation(f"{len(parts)} frames, expected are {frames}")
                envelope, kind = check(parts[-1], is_broadcast=frames == 2)
                if kind in ("plan_stream", "assign") and getattr(envelope, kind).run != self.run_id:
                    raise Violation(f"{kind} of another run")
            except Violation as violation:
                print(f"second-worker: dropped: {violation}", file=sys.stderr)
                continue
            if envelope.coordinator_epoch < self.epoch:
                continue
            if envelope.coordinator_epoch > self.epoch:
                if self.epoch:
                    self._forget_coordinator()
                    self.next_beat = 0
                self.epoch = envelope.coordinator_epoch
            getattr(self, f"_{kind}")(getattr(envelope, kind), envelope.control_sequence)

    def _welcome(self, message, sequence):
        self.heartbeat_ns = message.heartbeat_ms * 1_000_000
        self.lease_ns = message.lease_ms * 1_000_000
        self.desk.resident_max = message.resident_bytes_max
        self.welcomed_at = sequence
        self.next_beat = 0
        self._obey(message.desired, sequence)
        for entry in list(self.unanswered.values()):
            self._send(entry[0])
        self._ready_if_heard()

    def _heartbeat_reply(self, message, sequence):
        self._obey(message.desired, sequence)
        if self.last_answered < message.sent_at_ns <= self.last_sent:
            self.last_answered = message.sent_at_ns
            self.lease.arm(message.sent_at_ns + self.lease_ns)

    def _decision(self, message, sequence):
        entry = self.unanswered.get(message.write)
        if entry and isinstance(entry[0], wire.Intent):
            intent = entry[0]
            if (intent.attempt, intent.transaction) == (message.attempt, message.transaction):
                del self.unanswered[message.write]
                # The decision counts before the desired state that comes with it, but for the end of the process.
                if message.desired != wire.DESIRED_TERMINATE:
                    self.desk.decide(message)
        self._obey(message.desired, sequence)

    def _outcome_ack(self, message, sequence):
        entry = self.unanswered.get(message.write)
        if entry and isinstance(entry[0], wire.Outcome):
            del self.unanswered[message.write]
        self._obey(message.desired, sequence)

    def _open_run(self, message, _):
        self.run_id = message.run
        self.desk.put(message)
        # A broadcast for this run may have passed before it was known here.
        self._send(wire.AskState())

    def _plan_stream(self, message, _):
        self.desk.put(message)

    def _assign(self, message, _):
        self.desk.put(message)
        if self.leaving or self.desired == wire.DESIRED_DRAIN:
            self._return_unstarted()

    def _errand(self, message, _):
        self.errand = message
        self.errand_deadline = boot_ns() + message.deadline_ms * 1_000_000
        self.desk.put(message)

    def _retire(self, message, _):
        self._leave(message.reason)

    def _condemned(self, *_):
        leave(Exit.CONDEMNED)

    def _tick(self, _, sequence):
        self.ticked = max(self.ticked, sequence)
        self._ready_if_heard()
        self._ask_if_behind(sequence)

    def _drain(self, message, sequence):
        is_news = sequence > self.sequence
        self._heard(sequence)
        if is_news and message.run == self.run_id:
            self._obey(wire.DESIRED_DRAIN, sequence, is_answer=False)

    def _terminate(self, message, sequence):
        is_ours = self.incarnation in message.workers or (not message.workers and message.run == self.run_id)
        if is_ours:
            leave(Exit.TERMINATED)
        self._heard(sequence)

    def _heard(self, sequence):
        if sequence == self.sequence + 1:
            self.sequence = sequence
        self._ask_if_behind(sequence)

    def _ask_if_behind(self, sequence):
        if self.welcomed_at is not None and sequence > max(self.sequence, self.asked):
            self.asked = sequence
            self._send(wire.AskState())

    def _ready_if_heard(self):
        if not self.is_ready and self.welcomed_at is not None and self.ticked >= self.welcomed_at:
            self.is_ready = True
            self._send(wire.WorkerReady())

    def _obey(self, desired, sequence, is_answer=True):
        """The newest word counts: an answer that a broadcast has overtaken changes nothing."""
        if sequence < self.obeyed:
            return
        self.obeyed = sequence
        if is_answer:
            self.sequence = max(self.sequence, sequence)
        if desired == wire.DESIRED_TERMINATE:
            leave(Exit.TERMINATED)
        if desired == self.desired:
            return
        self.desired = desired
        self.desk.order(desired=desired)
        if desired == wire.DESIRED_DRAIN:
            self._return_unstarted()

    # ---- out

    def _send(self, message):
        if isinstance(message, (wire.Intent, wire.Outcome)):
            self.unanswered[message.write] = [message, boot_ns()]
        envelope = wire.Envelope(
            version=1, coordinator_epoch=self.epoch, incarnation=self.incarnation, control_sequence=self.sequence
        )
        body = getattr(envelope, BODIES[message.DESCRIPTOR.name])
        body.CopyFrom(message)
        body.SetInParent()
        self.backlog.append(envelope.SerializeToString())
        self._flush()

    def _flush(self):
        try:
            while self.backlog:
                self.work.send(self.backlog[0], zmq.NOBLOCK)
                self.backlog.popleft()
        except zmq.Again:
            pass

    def _beat(self):
        now = boot_ns()
        if now < self.next_beat:
            return
        self.next_beat = now + self.heartbeat_ns
        if self.welcomed_at is None:
            return self._introduce()
        self.last_sent = now
        self._send(
            wire.WorkerHeartbeat(
                sent_at_ns=now,
                progress_at_ns=self.desk.progress_ns,
                resident_bytes=resident_bytes(),
                attempt=self.desk.attempt,
                doing=self.desk.doing,
            )
        )

    def _introduce(self):
        in_hand = {message.attempt: message.write for message, _ in self.unanswered.values()}
        for attempt, write in self.desk.attempts():
            in_hand.setdefault(attempt, write)
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot_id = file.read().strip()
        self._send(
            wire.WorkerHello(
                pid=os.getpid(),
                boot_id=boot_id,
                host=socket.gethostname(),
                supervisor=self.supervisor,
                open_attempts=[wire.OpenAttempt(attempt=attempt, write=write) for attempt, write in in_hand.items()],
            )
        )

    def _speak_again(self):
        self._flush()
        now = boot_ns()
        if self.welcomed_at is not None:
            for message, sent_at in list(self.unanswered.values()):
                if now - sent_at >= PATIENCE_NS:
                    self._send(message)

    def _return_unstarted(self):
        for assignment in self.desk.take_unstarted():
            self._send(wire.Returned(attempt=assignment.attempt, reason=self.desk.reason()))

    # ---- the end

    def _leave(self, reason):
        if self.leaving is None:
            self.leaving = reason
            self.desk.order(leaving=True)
            self._return_unstarted()

    def _depart_if_possible(self, is_busy):
        """Exits once nothing is in hand and an answered heartbeat shows that everything was heard."""
        is_overdue = self.errand is not None and boot_ns() >= self.errand_deadline
        if is_overdue and self.errand_deadline:
            failure = wire.Failure(code="timed_out", message="the errand was not done by its deadline", retriable=True)
            self._send(wire.ErrandDone(errand=self.errand.errand, failure=failure))
            self.errand_deadline = 0
            self.leaving = "overdue"
        if self.leaving is None or self.unanswered or self.backlog or (is_busy and not is_overdue):
            return
        if self.said_all_at is None:
            self.said_all_at = boot_ns()
            self.next_beat = 0
        elif self.last_answered >= self.said_all_at:
            leave(Exit.OVERDUE if is_overdue else Exit.DONE)


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
