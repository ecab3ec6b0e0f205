"""A run with both ends open: what its streams read, how they are planned, where their fields go."""
import json
import sqlite3

import wire_pb2 as wire
from connecting import resolve
from failing import Failed
from sqlite_file import File, canonical, describe, is_moved, key_text, key_value, quoted, stored
from writing import Destination, check_writable, statements


class Run:
    def __init__(self, message):
        """Connects and resolves. Throws Failed naming the stream or column that does not fit."""
        self.id, self.installation = message.run, message.installation
        job = json.loads(message.job_json)
        self.source_file = File(resolve(message.source_json))
        self.source = self.source_file.open("ro")
        self.destination = Destination(File(resolve(message.destination_json)))
        self.destination.prepare()
        self.streams = {index: Stream(self, job["streams"][index], index) for index in message.stream_indexes}
        self.opened = wire.RunOpened(
            run=self.id, streams=[stream.summary for stream in self.streams.values()], single_writer=True
        )


class Stream:
    def __init__(self, run, spec, index):
        self.name, self.target, self.index = spec["stream"], spec["destination"], index
        self.run = run
        if spec.get("writeMode", "upsert") != "upsert":
            raise self._failed("unsupported", f"this worker has no write mode {spec['writeMode']}")
        source = describe(run.source, run.source_file, self.name)
        target = describe(run.destination.opened, run.destination.file, self.target)
        origins = self._origins(spec, source, target)
        # In the order of the destination's columns.
        self.fields = [column for column in target.columns if column.name in origins]
        self.columns = [origins[field.name] for field in self.fields]
        self.key_names = spec["key"]
        names = [field.name for field in self.fields]
        self.key = [names.index(name) for name in self.key_names if name in names]
        if len(self.key) != len(self.key_names) or not self.key:
            raise self._failed("invalid", f"the key ({', '.join(self.key_names)}) is not among its fields")
        self.key_columns = [self.columns[place].name for place in self.key]
        check_writable(target, names, self.key_names)
        self.select, self.insert, self.update = statements(self.target, names, self.key_names)
        if not source.is_unique(self.key_columns):
            raise self._failed("invalid", f"({', '.join(self.key_columns)}) is not unique at the source")
        self.summary = wire.StreamOpened(
            stream_index=index, source_records=source.records, record_bytes=source.record_bytes or 0, unique_key=True
        )

    def _origins(self, spec, source, target):
        """By destination field the source column that passes into it as it is."""
        origins, used = {}, set(spec["drop"])
        for mapping in spec["map"]:
            column = source.column(mapping["origin"].get("column", ""))
            computed = mapping["trim"] or any(mapping.get(step) is not None for step in ("letterCase", "fallback", "cast"))
            if column is None or computed:
                raise self._failed("unsupported", f'field "{mapping["field"]}": this worker passes columns as they are')
            origins[mapping["field"]] = column
            used.add(column.name)
        for column in source.columns:
            if column.name not in used:
                origins.setdefault(column.name, column)
        for name, column in origins.items():
            field = target.column(name)
            if field is None:
                raise self._failed("not_found", f'the destination has no column "{name}"; map it or drop it')
            if field.type != column.type or not is_moved(field) or not is_moved(column):
                types = f"{column.type} ({column.declared}) into {field.type} ({field.declared})"
                raise self._failed("unsupported", f'field "{name}": this worker does not pass {types}')
        if spec.get("filter"):
            raise self._failed("unsupported", "this worker has no filters")
        return origins

    def key_values(self, row):
        return [stored(row[place], self.fields[place].type) for place in self.key]

    def plan(self, records_per_batch, after, through):
        """Ranges of at most so many records, one after another; the first and the last have the bounds given."""
        null = " OR ".join(f"{quoted(name)} IS NULL" for name in self.key_columns)
        try:
            if self.run.source.execute(f"SELECT 1 FROM {quoted(self.name)} WHERE {null} LIMIT 1").fetchone():
                raise self._failed("invalid", f"the key ({', '.join(self.key_columns)}) is NULL in some records")
            while True:
                sql, values = self._select(self.key_columns, after, through)
                keys = self.run.source.execute(f"{sql} LIMIT {records_per_batch + 1}", values).fetchall()
                if not keys:
                    return
                planned = wire.KeyRange(records=min(len(keys), records_per_batch))
                if after is not None:
                    planned.after.values.extend(after)
                is_last = len(keys) <= records_per_batch
                if not is_last:
                    after = [key_text(value) for value in keys[records_per_batch - 1]]
                    planned.through.values.extend(after)
                elif through is not None:
                    planned.through.values.extend(through)
                yield planned
                if is_last:
                    return
        except sqlite3.Error as error:
            raise self.run.source_file.failed(f'planning table "{self.name}"', error) from error

    def read(self, range_):
        """The records of a range as lists of canonical bytes in the order of the key."""
        after = list(range_.after.values) if range_.HasField("after") else None
        through = list(range_.through.values) if range_.HasField("through") else None
        sql, values = self._select([column.name for column in self.columns], after, through)
        try:
            rows = self.run.source.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise self.run.source_file.failed(f'reading table "{self.name}"', error) from error
        try:
            return [[canonical(value, column.type) for value, column in zip(row, self.columns)] for row in rows]
        except ValueError as error:
            raise self._failed("unsupported", f"a record holds a value that this worker does not pass: {error}") from error

    def _select(self, columns, after, through):
        key = ", ".join(map(quoted, self.key_columns))
        places = ", ".join("?" for _ in self.key_columns)
        bounds = [(">", after), ("<=", through)]
        conditions = [f"({key}) {sign} ({places})" for sign, bound in bounds if bound is not None]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        values = [key_value(part) for _, bound in bounds for part in bound or []]
        return f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(self.name)}{where} ORDER BY {key}", values

    def _failed(self, code, message):
        return Failed(code, f'stream "{self.name}": {message}')
