"""Work outside a run: looking at a connection, and finding out what became of writes whose process is dead."""
import json
import os
import sqlite3

import wire_pb2 as wire
from connecting import resolve
from failing import Failed, failure
from sqlite_file import MARKERS, File, describe, names
from writing import text


def execute(errand):
    """The answer, a failure included."""
    done = wire.ErrandDone(errand=errand.errand)
    try:
        file = File(resolve(errand.connection_json))
        match errand.WhichOneof("kind"):
            case "check":
                _streams(file, "")
                done.json = json.dumps(["written to by one process at a time, behind a marker row"])
            case "discover":
                done.json = json.dumps(_streams(file, errand.discover.stream))
            case "reconcile":
                _reconcile(errand.reconcile, file, done)
            case "close_gate":
                pass  # SQLite has neither gate nor fence: the proof of death stands in their place.
    except sqlite3.Error as error:
        done.failure.CopyFrom(failure(file.failed("the errand", error)))
    except Exception as error:
        done.failure.CopyFrom(failure(error))
    return done


def _streams(file, stream):
    opened = file.open("ro")
    return [describe(opened, file, name).described() for name in ([stream] if stream else names(opened))]


def _reconcile(order, file, done):
    if not order.deaths_proven:
        message = f'connection "{file.name}" has no fence: it can be reconciled only when the deaths are proven'
        raise Failed("conflict", message, retriable=True)
    for attempt in order.attempts:
        done.closed_fences.append(attempt.attempt)
        for write in attempt.writes:
            done.evidence.append(_evidence(write, file))


def _evidence(write, file):
    """Opens the file anew, which undoes what the dead process left half done."""

    def found(kind, detail, at=0):
        return wire.WriteEvidence(write=write.write, evidence=kind, detail=detail, committed_at_us=at)

    def marked(name):
        row = opened.execute(f"SELECT at FROM {MARKERS} WHERE write = ?", (name,)).fetchone()
        return row and row[0]

    inode = file.inode()
    if inode is None:
        return found(wire.EVIDENCE_UNKNOWABLE, f"file {file.path} is gone")
    opened = file.open("rw")
    if not opened.execute("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", (MARKERS,)).fetchone():
        return found(wire.EVIDENCE_UNKNOWABLE, f"file {file.path} has no table {MARKERS}")
    at = marked(text(write.write))
    if at is not None:
        _make_durable(file)
        return found(wire.EVIDENCE_APPLIED, "its marker is there", at)
    if write.system not in ("", f"inode:{inode}"):
        return found(wire.EVIDENCE_UNKNOWABLE, f"the file is inode:{inode}, the write went to {write.system}")
    # The first 48 bits of an id are the milliseconds at which it came to be.
    removed = marked("removed")
    if removed is not None and int.from_bytes(write.write[:6], "big") <= removed // 1000:
        return found(wire.EVIDENCE_UNKNOWABLE, "markers as old as the write have been removed")
    return found(wire.EVIDENCE_NOT_APPLIED, "no marker")


def _make_durable(file):
    """The dead process may have been killed between its last write and its sync."""
    for path in (f"{file.path}-wal", os.path.dirname(file.path) or "."):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
