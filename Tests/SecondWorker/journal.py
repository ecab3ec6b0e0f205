"""The intent: what a write is going to do, record by record, in the journal's form."""
import dataclasses
import hashlib
import struct

import zstandard

import journal_pb2 as journal
import wire_pb2 as wire


@dataclasses.dataclass
class Record:
    """Values are the canonical bytes of every field, None for NULL; `before` of an insert or a reject is None."""

    operation: int
    after: list
    before: list | None = None
    rejection: tuple | None = None  # code, field, reason


def intent(identity, batch, stream, records, unchanged, system):
    """`identity` has installation, run, attempt and write; `records` are in the order of their keys."""
    header, segment = _segment(stream, records, unchanged)
    made = wire.Intent(
        run=identity.run,
        batch=batch,
        attempt=identity.attempt,
        write=identity.write,
        transaction="",
        system=system,
        header=header,
        segment=segment,
    )
    made.digest = digest(made)
    return made


def digest(intent):
    """BLAKE2b with 16 bytes over these parts, each with its length before it."""
    hashed = hashlib.blake2b(digest_size=16)
    parts = (intent.run, intent.batch, intent.attempt, intent.write, intent.transaction, intent.system, intent.segment)
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        hashed.update(struct.pack("<Q", len(part)) + part)
    return hashed.digest()


def key_hash(parts):
    """FNV-1a with 64 bits, folded to 32."""
    state = 0xCBF29CE484222325
    for part in parts:
        for byte in b"\0" if part is None else b"\1" + struct.pack("<I", len(part)) + part:
            state = (state ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return (state ^ state >> 32) & 0xFFFFFFFF


class _Values:
    """The arena with its ends and NULL marks."""

    def __init__(self):
        self.arena = bytearray()
        self.ends = []
        self.nulls = bytearray()

    def add(self, value):
        place = len(self.ends)
        if place % 8 == 0:
            self.nulls.append(0)
        if value is None:
            self.nulls[place // 8] |= 1 << place % 8
        else:
            self.arena += value
        self.ends.append(len(self.arena))


def _segment(stream, records, unchanged):
    values = _Values()
    statistics = [wire.FieldStatistics(field=field.name) for field in stream.fields]
    changed, hashes, rejections = bytearray(), [], []
    for number, record in enumerate(records):
        key = [record.after[place] for place in stream.key]
        for part in key:
            values.add(part)
        hashes.append(key_hash(key))
        bits = bytearray((len(stream.fields) + 7) // 8)
        if record.operation == journal.OPERATION_REJECT:
            code, field, reason = record.rejection
            rejections.append(journal.Rejection(record=number, code=code, field=field, reason=reason))
        else:
            _add_changes(record, statistics, values, bits)
        changed += bits
    segment = journal.Segment(
        version=1,
        stream=stream.name,
        target=stream.target,
        fields=[journal.Field(name=field.name, type=field.type) for field in stream.fields],
        key_fields=stream.key,
        records=len(records),
        operations=bytes(record.operation for record in records),
        changed=bytes(changed),
        arena=bytes(values.arena),
        ends=values.ends,
        nulls=bytes(values.nulls),
        rejections=rejections,
    ).SerializeToString()

    def count(operation):
        return sum(record.operation == operation for record in records)

    header = wire.SegmentHeader(
        stream_index=stream.index,
        records=len(records) + unchanged,
        inserted=count(journal.OPERATION_INSERT),
        updated=count(journal.OPERATION_UPDATE),
        unchanged=unchanged,
        rejected=count(journal.OPERATION_REJECT),
        fields=statistics,
        key_hashes=b"".join(struct.pack("<I", value) for value in sorted(hashes)),
        segment_bytes=len(segment),
    )
    return header, zstandard.ZstdCompressor(level=1).compress(segment)


def _add_changes(record, statistics, values, bits):
    """After of each changed field, for an update with before in front of it."""
    is_update = record.operation == journal.OPERATION_UPDATE
    for place, after in enumerate(record.after):
        before = record.before[place] if is_update else None
        statistics[place].nulls_before += is_update and before is None
        statistics[place].nulls_after += after is None
        if before == after:
            continue
        if is_update:
            values.add(before)
        values.add(after)
        bits[place // 8] |= 1 << place % 8
        statistics[place].changed += 1
