"""CPU and memory of processes, from /proc."""

import os
import pathlib
import resource
import threading


class MemoryWatch(threading.Thread):
    """Watches the peak resident bytes of the processes of our programs, by name."""

    INTERVAL = 0.05

    def __init__(self, programs):
        super().__init__(daemon=True)
        self.programs = {str(program.resolve()): program.name for program in programs}
        self.peaks = {}
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()

    def run(self):
        while not self.over.wait(self.INTERVAL):
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                try:
                    name = self.programs.get(os.readlink(process / "exe"))
                    if name:
                        peak = next(line for line in (process / "status").open() if line.startswith("VmHWM"))
                        self.peaks[name] = max(self.peaks.get(name, 0), int(peak.split()[1]) * 1024)
                except (OSError, StopIteration):
                    continue


def cpu_of(pid, and_children=False):
    """User and system seconds of a process; the fields behind the name in /proc/PID/stat."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(field) for field in fields[11 : 15 if and_children else 13]) / os.sysconf("SC_CLK_TCK")


def server_cpu(postmaster):
    """Those of its children that have ended are in the postmaster's own record."""
    total = cpu_of(postmaster, and_children=True)
    for child in pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split():
        try:
            total += cpu_of(child)
        except FileNotFoundError:
            continue
    return total


def children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def reap_strays():
    """Descendants whose parents have left them to us."""
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass
