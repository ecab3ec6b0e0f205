"""One destination transaction: staged in full before its intent, committed only with its permit."""
import dataclasses
import sqlite3
import time

import journal_pb2 as journal
from failing import Failed
from journal import Record
from sqlite_file import MARKERS, canonical, is_busy_error, quoted, stored

WRITE_PATIENCE_MS = 1_000
COMMIT_PATIENCE_MS = 2_000


@dataclasses.dataclass
class Identity:
    installation: bytes
    run: bytes
    attempt: bytes
    write: bytes


class RolledBack(Exception):
    """Nothing was written; another try may work."""


class Unsure(Exception):
    """COMMIT failed at an unknown point."""


class Destination:
    def __init__(self, file):
        self.file = file
        self.opened = file.open("rw")

    def prepare(self):
        """Makes the marker table. Idempotent."""
        try:
            self.opened.execute(
                f"CREATE TABLE IF NOT EXISTS {MARKERS} (write TEXT PRIMARY KEY, attempt TEXT, run TEXT, "
                "installation TEXT, at INTEGER NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.Error as error:
            raise self.file.failed("preparing the marker table", error) from error

    def stage(self, stream, rows):
        """Begins, reads the records as they are and writes; the transaction stays open.

        `rows` are lists of canonical bytes in the order of their keys. Gives the journalled records, how many are
        unchanged, and the name of the system.
        """
        try:
            self._wait_at_most(WRITE_PATIENCE_MS)
            self.opened.execute("BEGIN IMMEDIATE")
            inode = self.file.inode()
            decided = [self._decide(stream, row) for row in rows]
            records = [self._execute(stream, record) for record in decided if record]
            return records, len(rows) - len(records), f"inode:{inode}"
        except sqlite3.Error as error:
            self.roll_back()
            if is_busy_error(error):
                raise RolledBack(str(error)) from error
            raise self.file.failed(f'staging a write to "{stream.target}"', error) from error

    def commit(self, identity):
        """Leaves the marker and commits; gives the time in µs since 1970."""
        now = time.time_ns() // 1000
        try:
            values = [text(part) for part in (identity.write, identity.attempt, identity.run, identity.installation)]
            self.opened.execute(f"INSERT INTO {MARKERS} VALUES (?, ?, ?, ?, ?)", [*values, now])
            self._wait_at_most(COMMIT_PATIENCE_MS)
            self.opened.execute("COMMIT")
            return time.time_ns() // 1000
        except sqlite3.Error as error:
            self.roll_back()
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_IOERR"):
                raise Unsure(str(error)) from error
            if is_busy_error(error):
                raise RolledBack(str(error)) from error
            raise self.file.failed("committing", error) from error

    def roll_back(self):
        if self.opened.in_transaction:
            self.opened.execute("ROLLBACK")

    def _wait_at_most(self, milliseconds):
        self.opened.execute(f"PRAGMA busy_timeout = {milliseconds}")

    def _decide(self, stream, row):
        """The record that the row makes, None when it is there already as it shall be."""
        for field, value in zip(stream.fields, row):
            if value is None and not (field.is_nullable and field.name not in stream.key_names):
                reason = "the column does not take NULL" if field.name not in stream.key_names else "the key is NULL"
                return Record(journal.OPERATION_REJECT, row, rejection=("not_null", field.name, reason))
        values = self.opened.execute(stream.select, stream.key_values(row)).fetchone()
        if values is None:
            return Record(journal.OPERATION_INSERT, row)
        before = []
        for field, value in zip(stream.fields, values):
            try:
                before.append(canonical(value, field.type))
            except ValueError as error:
                reason = f"the destination's record holds a value that does not fit: {error}"
                return Record(journal.OPERATION_REJECT, row, rejection=("invalid_value", field.name, reason))
        return None if before == row else Record(journal.OPERATION_UPDATE, row, before)

    def _execute(self, stream, record):
        """The record, as a reject when the table refuses it."""
        if record.operation == journal.OPERATION_REJECT:
            return record
        values = [stored(value, field.type) for field, value in zip(stream.fields, record.after)]
        try:
            if record.operation == journal.OPERATION_INSERT:
                self.opened.execute(stream.insert, values)
            else:
                self.opened.execute(stream.update, values + stream.key_values(record.after))
            return record
        except sqlite3.IntegrityError as error:
            return Record(journal.OPERATION_REJECT, record.after, rejection=_rejection(error))


def statements(target, names, key):
    """SELECT, INSERT and UPDATE of a stream. OR ABORT overrules conflict clauses of the table, which would delete others."""
    fields = ", ".join(map(quoted, names))
    is_key = " AND ".join(f"{quoted(name)} = ?" for name in key)
    places = ", ".join("?" for _ in names)
    assigned = ", ".join(f"{quoted(name)} = ?" for name in names)
    return (
        f"SELECT {fields} FROM {quoted(target)} WHERE {is_key}",
        f"INSERT OR ABORT INTO {quoted(target)} ({fields}) VALUES ({places})",
        f"UPDATE OR ABORT {quoted(target)} SET {assigned} WHERE {is_key}",
    )


def check_writable(table, fields, key):
    """Refuses what this worker cannot write exactly as journalled."""
    place = f'table "{table.name}"'
    if table.is_view or table.has_triggers or any(column.is_generated for column in table.columns):
        raise Failed("unsupported", f"{place}: this worker writes to no views, triggers or generated columns")
    if not any(set(key) == set(unique) for unique in [table.primary_key, *table.unique_keys]):
        raise Failed("invalid", f"{place}: ({', '.join(key)}) is no unique key of it")
    if table.collated & set(key):
        raise Failed("unsupported", f"{place}: this worker compares keys byte by byte, their collation does not")
    for column in table.columns:
        if column.name not in fields and not (column.is_nullable or column.has_default):
            raise Failed("invalid", f'{place}: nothing fills column "{column.name}", which is NOT NULL without a default')


def _rejection(error):
    kind = error.sqlite_errorname.removeprefix("SQLITE_CONSTRAINT_")
    codes = {"NOTNULL": "not_null", "UNIQUE": "duplicate_key", "PRIMARYKEY": "duplicate_key", "ROWID": "duplicate_key"}
    return codes.get(kind, "constraint"), "", str(error)


def text(identifier):
    """8-4-4-4-12."""
    digits = identifier.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
