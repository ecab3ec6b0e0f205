"""How this process ends: by itself, with its supervisor, by its lease, or at a place that a test has chosen."""
import collections
import ctypes
import enum
import os
import signal
import threading
import time


class Exit(enum.IntEnum):
    DONE = 0
    FAILED = 1
    ORPHANED = 70
    TERMINATED = 71
    CONDEMNED = 72
    OVERDUE = 73


def leave(status):
    """Ends the process without cleaning up: what is open is rolled back by whoever opens the file next."""
    os._exit(status)


def boot_ns():
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def watch_lifeline(descriptor):
    """Exits when the pipe's other end is closed, whatever the other threads do."""

    def watch():
        try:
            while os.read(descriptor, 1):
                pass
        finally:
            leave(Exit.ORPHANED)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


class _Event(ctypes.Structure):
    """struct sigevent: 64 bytes."""

    _fields_ = [("value", ctypes.c_void_p), ("signal", ctypes.c_int), ("notify", ctypes.c_int), ("rest", ctypes.c_int * 12)]


class _Moments(ctypes.Structure):
    """struct itimerspec."""

    _fields_ = [(name, ctypes.c_long) for name in ("interval_s", "interval_ns", "value_s", "value_ns")]


class Lease:
    """A timer of the kernel that ends this process with SIGKILL, also when it is stopped or busy."""

    _NOTIFY_BY_SIGNAL = 0
    _ABSOLUTE = 1

    def __init__(self):
        self._library = ctypes.CDLL(None, use_errno=True)
        self._timer = ctypes.c_void_p()
        event = _Event(signal=signal.SIGKILL, notify=self._NOTIFY_BY_SIGNAL)
        self._check(self._library.timer_create(time.CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(self._timer)))

    def arm(self, until_ns):
        """Replaces what was armed before; `until_ns` is of CLOCK_BOOTTIME."""
        moments = _Moments(value_s=until_ns // 1_000_000_000, value_ns=until_ns % 1_000_000_000)
        self._check(self._library.timer_settime(self._timer, self._ABSOLUTE, ctypes.byref(moments), None))

    @staticmethod
    def _check(status):
        if status != 0:
            raise OSError(ctypes.get_errno(), "the lease timer: " + os.strerror(ctypes.get_errno()))


_passes = collections.Counter()


def pass_site(site):
    """Dies here when the file $SLUICE_TEST_KILL_FILE holds SITE:N and this is the N-th pass or later.

    Dying takes the file away: one death for each file.
    """
    path = os.environ.get("SLUICE_TEST_KILL_FILE")
    if not path:
        return
    _passes[site] += 1
    try:
        with open(path, encoding="utf-8") as file:
            wanted, _, number = file.read().strip().partition(":")
        if wanted != site or _passes[site] < int(number):
            return
        os.unlink(path)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
