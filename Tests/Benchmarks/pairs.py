"""In pairs: what psql alone can do and `sluice run`, same data, same outcome. A load is `COPY | COPY` into an empty table with
a key (L1) and write mode `replace`; an upsert is COPY into staging, INSERT … ON CONFLICT DO UPDATE (L2) and `upsert`.

Wall is of the shared machine. CPU is of everybody: client processes with all their descendants (this process is a
subreaper, so nobody's time is lost) and the whole server (postmaster, its children that have ended, its live children).
"""

import argparse
import ctypes
import json
import os
import pathlib
import statistics
import subprocess
import time

from measuring import MemoryWatch, children_cpu, cpu_of, reap_strays, server_cpu

COLUMNS = ["email", "full_name", "company", "phone", "city", "visits", "balance", "active", "created_at", "updated_at"]
PR_SET_CHILD_SUBREAPER = 36
# Of MEASURES: wall and CPU as multiples of psql's.
BARS = {"load": (1.25, 1.5), "every row changes": (1.25, 1.9), "nothing changes": (0.65, None)}
BAD_RATIO_BAR = 3.0
JOURNAL_BAR = 0.08
# Seconds: `sluice run` on 100 rows from cold, `sluice serve` ready. MiB: a worker, the coordinator.
RUN_BAR, SERVE_BAR = 0.5, 1.0
MEMORY_BARS = {"sluice-worker": 128, "sluice": 200}


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--pairs", type=int, required=True)
    parser.add_argument("--binaries", type=pathlib.Path, required=True)
    parser.add_argument("--nowhere", type=pathlib.Path, help="binaries that write the journal to nowhere")
    parser.add_argument("--url", required=True)
    parser.add_argument("--server", type=int, required=True, help="pid of the postmaster")
    parser.add_argument("--scratch", type=pathlib.Path, required=True)
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.url = options.url.rsplit("/", 1)[0] + "/benchmark"
        self.passed = 0
        self.failed = 0
        self.number = 0
        self.peaks = {}
        self.binaries = options.binaries

    def psql(self, *commands, url=None, **more):
        line = ["psql", "--quiet", "--no-psqlrc", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", url or self.url]
        for command in commands:
            line += ["-c", command]
        return subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True, **more).stdout.strip()

    def prepare(self):
        self.psql("CREATE DATABASE benchmark", url=self.options.url)
        script = pathlib.Path(__file__).with_name("contacts.sql")
        subprocess.run(
            ["psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-v", f"rows={self.options.rows}", "-f", script, self.url],
            check=True,
        )

    def reset(self, holds):
        """The destination holds the mapped `holds` (a or b), freshly vacuumed, nothing waits to be written out. None: it is not
        there, nor is what a load left."""
        if holds is None:
            self.psql("DROP TABLE IF EXISTS loaded", "DROP SCHEMA IF EXISTS sluice CASCADE", "CHECKPOINT")
            return
        self.psql("TRUNCATE dst", f"INSERT INTO dst SELECT * FROM mapped_{holds}", "VACUUM ANALYZE dst", "CHECKPOINT")

    def check(self, what, found, expected):
        if found == expected:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED: {what}: {found}, expected {expected}")

    def check_content(self, who, table="dst"):
        columns = ", ".join(["id"] + COLUMNS)
        differing = self.psql(f"SELECT count(*) FROM (SELECT {columns} FROM {table} EXCEPT ALL SELECT * FROM mapped_b) d")
        self.check(f"{who}: rows that differ from the mapping", int(differing), 0)

    # ------------------------------------------------------------------ the two sides

    def load_by_psql(self):
        self.psql("CREATE TABLE loaded (LIKE dst, PRIMARY KEY (id))")
        source = ["psql", "--quiet", "--no-psqlrc", self.url, "-c", "COPY (SELECT * FROM mapped_b) TO STDOUT (FORMAT binary)"]
        target = ["psql", "--quiet", "--no-psqlrc", self.url, "-c", "COPY loaded FROM STDIN (FORMAT binary)"]
        self.pipe(source, target)

    def by_psql(self):
        source = ["psql", "--quiet", "--no-psqlrc", self.url, "-c", "COPY (SELECT * FROM mapped_b) TO STDOUT (FORMAT binary)"]
        assignments = ", ".join(f"{column} = excluded.{column}" for column in COLUMNS)
        target = ["psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", self.url]
        for command in [
            "BEGIN",
            "CREATE TEMPORARY TABLE staging (LIKE dst) ON COMMIT DROP",
            "COPY staging FROM STDIN (FORMAT binary)",
            f"INSERT INTO dst SELECT * FROM staging ON CONFLICT (id) DO UPDATE SET {assignments}",
            "COMMIT",
        ]:
            target += ["-c", command]
        self.pipe(source, target)

    @staticmethod
    def pipe(source, target):
        reading = subprocess.Popen(source, stdout=subprocess.PIPE)
        writing = subprocess.Popen(target, stdin=reading.stdout)
        reading.stdout.close()
        if writing.wait() or reading.wait():
            raise SystemExit("psql failed")

    def room(self, source, target="dst", mode="upsert"):
        self.number += 1
        room = self.options.scratch / f"sluice{self.number}"
        room.mkdir()
        (room / "sluice.yaml").write_text(
            f"""
connections:
  here: {{ type: postgres, url: "{self.url}" }}
jobs:
  contacts:
    source: here
    destination: here
    workers: 2
    streams:
      - stream: public.{source}
        destination: public.{target}
        write_mode: {mode}
        key: [id]
        map:
          email: mail
          full_name: "{{first_name}} {{last_name}}"
          visits: {{ from: visits, cast: integer }}
"""
        )
        return room

    def load_by_sluice(self):
        self.by_sluice(target="loaded", mode="replace")

    def by_sluice(self, source="src_b", **target):
        room = self.room(source, **target)
        line = [self.binaries / "sluice", "run", "contacts", "--slots", "2", "--output", "json"]
        with open(room / "run.json", "w") as output:
            process = subprocess.Popen(line, cwd=room, stdin=subprocess.DEVNULL, stdout=output)
            # Its own time is read before it is reaped.
            with MemoryWatch([self.binaries / name for name in MEMORY_BARS]) as memory:
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            self.coordinator = cpu_of(process.pid)
            status = process.wait()
        for name, peak in memory.peaks.items():
            self.peaks[name] = max(self.peaks.get(name, 0), peak)
        if status:
            raise SystemExit(f"sluice run ended with {status}: {(room / 'run.json').read_text()}")
        self.run = json.loads((room / "run.json").read_text())
        self.store = sum(file.stat().st_size for file in room.glob("sluice.db*") if file.suffix != ".reserve")

    # ------------------------------------------------------------------ measuring

    def measured(self, side):
        client, server, started = children_cpu(), server_cpu(self.options.server), time.monotonic()
        side()
        wall = time.monotonic() - started
        reap_strays()
        return wall, children_cpu() - client, server_cpu(self.options.server) - server

    def pair(self, holds, is_psql_first):
        results = {}
        for name in ["psql", "sluice"] if is_psql_first else ["sluice", "psql"]:
            self.reset(holds)
            side = f"by_{name}" if holds else f"load_by_{name}"
            results[name] = self.measured(getattr(self, side))
            self.check_content(name, "dst" if holds else "loaded")
        counts = self.run["counts"]
        verdict = "unchanged" if holds == "b" else "applied"
        self.check(f"sluice: {verdict}", counts[verdict], self.options.rows)
        self.check("sluice: rejected", counts["rejected"], 0)
        return results

    def bad_records(self):
        """The same upsert of clean records and of records of which 5 % are rejected."""
        print(f"\n5 % of the records are bad: {self.options.rows:,} rows, wall s")
        ratios = []
        for number in range(self.options.pairs):
            walls = {}
            for source in ["src_c", "src_d"] if number % 2 == 0 else ["src_d", "src_c"]:
                self.reset("a")
                walls[source] = self.measured(lambda: self.by_sluice(source))[0]
                self.check(f"{source}: rejected", self.run["counts"]["rejected"], self.options.rows // 20 * (source == "src_d"))
            ratios.append(walls["src_d"] / walls["src_c"])
            print(f"  pair {number + 1}: clean {walls['src_c']:.2f}, 5 % bad {walls['src_d']:.2f}", flush=True)
        print(f"  ratio {judged(statistics.median(ratios), BAD_RATIO_BAR)}")

    def journal(self):
        """The cost of the journal beyond the before-images: the same upsert by binaries that write it to nowhere."""
        if not self.options.nowhere:
            return
        print(f"\nwithout the journal: every row changes, {self.options.rows:,} rows, CPU s (client + server)")
        shares = []
        for number in range(self.options.pairs):
            cpu = {}
            for binaries in [self.options.binaries, self.options.nowhere][:: 1 if number % 2 == 0 else -1]:
                self.reset("a")
                self.binaries = binaries
                cpu[binaries] = sum(self.measured(self.by_sluice)[1:])
                self.check("applied", self.run["counts"]["applied"], self.options.rows)
            self.binaries = self.options.binaries
            kept, nowhere = cpu[self.options.binaries], cpu[self.options.nowhere]
            shares.append((kept - nowhere) / kept)
            print(f"  pair {number + 1}: journal kept {kept:.2f}, to nowhere {nowhere:.2f}", flush=True)
        print(f"  share of the journal {judged(statistics.median(shares), JOURNAL_BAR)}")

    def start_up(self):
        """From cold, with a store of its own each: a run of 100 rows, and a server until it answers."""
        print("\nstart-up, s")
        runs, serves = [], []
        for _ in range(max(5, self.options.pairs)):
            self.psql("TRUNCATE dst")
            started = time.monotonic()
            self.by_sluice("few")
            runs.append(time.monotonic() - started)
            self.check("start-up: applied", self.run["counts"]["applied"], 100)
            room = self.room("few")
            started = time.monotonic()
            line = [self.options.binaries / "sluice", "serve", "--config", "sluice.yaml", "--port", "0", "--output", "json"]
            server = subprocess.Popen(line, cwd=room, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            while "address" not in server.stdout.readline():
                if server.poll() is not None:
                    raise SystemExit(f"sluice serve ended with {server.returncode}")
            serves.append(time.monotonic() - started)
            server.terminate()
            server.wait()
        print(f"  sluice run, 100 rows: {judged(statistics.median(runs), RUN_BAR)}")
        print(f"  sluice serve, ready: {judged(statistics.median(serves), SERVE_BAR)}")

    def memory(self):
        print("\npeak memory of a process, MiB")
        for name, bar in MEMORY_BARS.items():
            print(f"  {name}: {judged(self.peaks.get(name, 0) / 2**20, bar)}")

    def series(self, title, holds):
        print(f"\n{title}: {self.options.rows:,} rows, wall s, CPU s (client + server)")
        pairs = []
        for number in range(self.options.pairs):
            pairs.append(self.pair(holds, number % 2 == 0))
            (psql, ours) = pairs[-1]["psql"], pairs[-1]["sluice"]
            print(
                f"  pair {number + 1}: psql {psql[0]:.2f}, {psql[1]:.2f} + {psql[2]:.2f}; "
                f"sluice {ours[0]:.2f}, {ours[1]:.2f} + {ours[2]:.2f} "
                f"(coordinator {self.coordinator:.2f}, store {self.store / 2**20:.1f} MiB)",
                flush=True,
            )
        for what, figure, bar in [
            ("wall", lambda side: side[0], BARS[title][0]),
            ("CPU", lambda side: side[1] + side[2], BARS[title][1]),
        ]:
            ratio = statistics.median(figure(pair["sluice"]) / figure(pair["psql"]) for pair in pairs)
            medians = [statistics.median(figure(pair[side]) for pair in pairs) for side in ("psql", "sluice")]
            print(f"  {what}: psql {medians[0]:.2f}, sluice {medians[1]:.2f}, ratio {judged(ratio, bar)}")


def judged(figure, bar):
    verdict = "no bar" if bar is None else f"bar {bar}: {'met' if figure <= bar else 'missed'}"
    return f"{figure:.2f} ({verdict})"


def main():
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    bench = Bench(arguments())
    bench.prepare()
    bench.series("load", None)
    bench.series("every row changes", "a")
    bench.series("nothing changes", "b")
    bench.journal()
    bench.bad_records()
    bench.start_up()
    bench.memory()
    print(f"\n{bench.passed} passed, {bench.failed} failed")
    raise SystemExit(1 if bench.failed else 0)


if __name__ == "__main__":
    main()
