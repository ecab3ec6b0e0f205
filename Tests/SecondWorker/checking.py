"""The checks of a received frame, before anything else happens."""
import wire_pb2 as wire

FROM_COORDINATOR = {
    "welcome", "heartbeat_reply", "open_run", "plan_stream", "assign", "decision", "outcome_ack", "errand", "retire",
    "condemned",
}  # fmt: skip
BROADCAST = {"tick", "drain", "terminate"}
IDS = {"run", "batch", "attempt", "write", "errand", "installation"}


class Violation(Exception):
    pass


def check(frame, is_broadcast):
    """The envelope and the name of its body."""
    try:
        envelope = wire.Envelope.FromString(frame)
    except Exception as error:
        raise Violation(f"not an envelope ({len(frame)} bytes)") from error
    if envelope.version != 1:
        raise Violation(f"version {envelope.version}, this program speaks 1")
    kind = envelope.WhichOneof("body")
    if kind not in (BROADCAST if is_broadcast else FROM_COORDINATOR):
        raise Violation(f"{kind} has no business on this channel")
    if envelope.incarnation:
        raise Violation("the coordinator has no incarnation")
    _check_fields(getattr(envelope, kind), kind)
    return envelope, kind


def _is_known(enum, value):
    found = enum.values_by_number.get(value)
    return found is not None and not found.name.endswith("_UNSPECIFIED")


def _check_fields(message, place):
    for field in message.DESCRIPTOR.fields:
        value = getattr(message, field.name)
        where = f"{place}.{field.name}"
        if field.type == field.TYPE_BYTES and field.label != field.LABEL_REPEATED and field.name in IDS:
            is_optional = isinstance(message, wire.Terminate) and message.workers and not value
            if len(value) != 16 and not is_optional:
                raise Violation(f"{where} has {len(value)} bytes, an id has 16")
        elif field.type == field.TYPE_ENUM and not _is_known(field.enum_type, value):
            raise Violation(f"{where} has the unknown value {value}")
        elif field.name in ("heartbeat_ms", "lease_ms", "records_per_batch") and value == 0:
            raise Violation(f"{where} is missing")
        elif field.type == field.TYPE_MESSAGE:
            for part in value if field.label == field.LABEL_REPEATED else [value] if message.HasField(field.name) else []:
                _check_fields(part, where)
    if isinstance(message, wire.Assign) and not message.HasField("range"):
        raise Violation(f"{place}.range is missing")
    if isinstance(message, wire.Errand) and message.WhichOneof("kind") is None:
        raise Violation("no errand of a known kind")
