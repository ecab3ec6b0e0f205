"""An SQLite file as Protocols/README.md describes it: its types, its catalog, the text form of its keys."""
import dataclasses
import os
import sqlite3
import struct
import urllib.parse

from failing import Failed

MARKERS = "sluice_marker"
# What this worker moves; other columns are only described.
MOVED = {"int64", "float64", "text", "bytes"}


@dataclasses.dataclass
class Column:
    name: str
    type: str
    declared: str
    is_nullable: bool
    has_default: bool
    is_generated: bool


@dataclasses.dataclass
class Table:
    name: str
    columns: list
    primary_key: list
    unique_keys: list
    records: int
    record_bytes: int | None
    is_view: bool
    has_triggers: bool
    # Columns of unique indexes that do not compare byte by byte.
    collated: set

    def column(self, name):
        return next((column for column in self.columns if column.name == name), None)

    def is_unique(self, key):
        """Whether some unique key lies within these columns."""
        return any(unique and set(unique) <= set(key) for unique in [self.primary_key, *self.unique_keys])

    def described(self):
        """The JSON form of a StreamDescription."""
        about = {
            "name": self.name,
            "columns": [
                {
                    "name": column.name,
                    "type": column.type,
                    "nativeType": column.declared,
                    "isNullable": column.is_nullable,
                    "hasDefault": column.has_default,
                    "isGenerated": column.is_generated,
                }
                for column in self.columns
            ],
            "primaryKey": self.primary_key,
            "uniqueKeys": self.unique_keys,
            "estimatedRecords": self.records,
        }
        return about if self.record_bytes is None else {**about, "averageRecordBytes": self.record_bytes}


class File:
    """The file of a connection whose references are resolved."""

    def __init__(self, connection):
        self.name, self.path = connection["name"], connection["settings"].get("path", "")
        if connection["type"] != "sqlite" or set(connection["settings"]) != {"path"}:
            raise Failed("unsupported", f'connection "{self.name}": this worker knows type sqlite with the setting path')

    def open(self, mode):
        """`mode` is ro or rw; waits up to 5 s for locks. There is no transaction but those that are begun."""
        try:
            uri = f"file:{urllib.parse.quote(self.path)}?mode={mode}"
            opened = sqlite3.connect(uri, uri=True, timeout=5, isolation_level=None)
            opened.execute("SELECT count(*) FROM sqlite_schema")
            if mode == "rw":
                opened.execute("PRAGMA synchronous = EXTRA")
                opened.execute("PRAGMA foreign_keys = ON")
            return opened
        except sqlite3.Error as error:
            raise self.failed("opening it", error) from error

    def inode(self):
        """None when the file is not there."""
        try:
            return os.stat(self.path).st_ino
        except OSError:
            return None

    def failed(self, what, error):
        name = getattr(error, "sqlite_errorname", "")
        is_busy, is_away = is_busy_error(error), name.startswith(("SQLITE_CANTOPEN", "SQLITE_IOERR"))
        code = "timed_out" if is_busy else "unreachable" if is_away else "invalid"
        message = f'connection "{self.name}", file {self.path}: {what}: {error}'
        return Failed(code, message, retriable=is_busy or is_away)


def is_busy_error(error):
    return getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def type_of(declared):
    """The value type of a column, by the declared type."""
    declared = declared.upper()

    def has(*words):
        return any(word in declared for word in words)

    if has("INT"):
        return "int64"
    if has("CHAR", "CLOB", "TEXT"):
        return "json" if has("JSON") else "text"
    if has("BLOB"):
        return "bytes"
    if has("REAL", "FLOA", "DOUB"):
        return "float64"
    # The rest has numeric affinity, or none: text, but not as it stands in the file.
    return "bool" if has("BOOL") else "numeric" if has("NUM", "DEC") else "json" if has("JSON") else "text"


def is_moved(column):
    """Whether values of the column pass as they are: text only where the column keeps what it is given."""
    keeps = any(word in column.declared.upper() for word in ("CHAR", "CLOB", "TEXT"))
    return column.type in MOVED and (column.type != "text" or keeps)


def canonical(value, type_):
    """The canonical bytes of a stored value; ValueError when the type has none for it."""
    match type_, value:
        case _, None:
            return None
        case "int64", int():
            return struct.pack(">q", value)
        case "float64", int() | float():
            return struct.pack(">d", value)
        case "text", str():
            return value.encode()
        case "bytes", bytes():
            return value
        case "bytes", str():
            return value.encode()
    raise ValueError(f"a {type(value).__name__} is not {type_}")


def stored(value, type_):
    """What SQLite is given for canonical bytes."""
    if value is None or type_ == "bytes":
        return value
    return value.decode() if type_ == "text" else struct.unpack({"int64": ">q", "float64": ">d"}[type_], value)[0]


def key_text(value):
    """The text form of one value of a key bound."""
    match value:
        case str():
            return f"'{value}'"
        case bytes():
            return f"x'{value.hex()}'"
    return repr(value)


def key_value(text):
    if text.startswith("'"):
        return text[1:-1]
    if text.startswith("x'"):
        return bytes.fromhex(text[2:-1])
    try:
        return int(text)
    except ValueError:
        return float(text)


def names(opened):
    """Tables and views, but SQLite's own and the marker table."""
    sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return [name for (name,) in opened.execute(f"{sql} AND name <> '{MARKERS}' ORDER BY name")]


def describe(opened, file, name):
    known = names(opened)
    if name not in known:
        raise Failed("not_found", f'connection "{file.name}": table "{name}" not found; there is: {", ".join(known)}')
    kind, strict, without_rowid = opened.execute(
        "SELECT type, strict, wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", (name,)
    ).fetchone()
    columns, key = [], {}
    for column, declared, not_null, default, place, hidden in opened.execute(
        'SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) WHERE hidden <> 1', (name,)
    ):
        is_nullable = not not_null and not (place and (strict or without_rowid))
        columns.append(Column(column, type_of(declared), declared, is_nullable, default is not None, hidden >= 2))
        if place:
            key[place] = columns[-1]
    indexes, collated = {}, set()
    for index, origin, column, collation in opened.execute(
        'SELECT i.name, i.origin, c.name, c.coll FROM pragma_index_list(?) i, pragma_index_xinfo(i.name) c '
        'WHERE i."unique" AND NOT i.partial AND c.key ORDER BY i.seq, c.seqno',
        (name,),
    ):
        indexes.setdefault((index, origin), []).append(column)
        if collation != "BINARY":
            collated.add(column)
    if len(key) == 1 and key[1].declared.upper() == "INTEGER" and not any(origin == "pk" for _, origin in indexes):
        key[1].is_nullable, key[1].has_default = False, True
    lengths = " + ".join(f"ifnull(length(CAST({quoted(column.name)} AS BLOB)), 0)" for column in columns)
    sample = f"SELECT avg({lengths}) FROM (SELECT * FROM {quoted(name)} LIMIT 1000)"
    (records,), (width,) = (
        opened.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone(),
        opened.execute(sample).fetchone(),
    )
    triggers = "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE"
    return Table(
        name=name,
        columns=columns,
        primary_key=[key[place].name for place in sorted(key)],
        unique_keys=[each for (_, origin), each in indexes.items() if origin != "pk" and None not in each],
        records=records,
        record_bytes=None if width is None else int(width),
        is_view=kind == "view",
        has_triggers=opened.execute(triggers, (name,)).fetchone() is not None,
        collated=collated,
    )
