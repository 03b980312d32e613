"""Processes by identity: a pid alone may have been given to another program since."""

import ctypes
import os
import signal
from dataclasses import dataclass
from pathlib import Path

from models.files import read_json, write_json

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Process:
    """A process of this machine.

    Attributes:
        pid: Its number.
        started: When it started, in clock ticks since boot: with the number, an identity.
    """

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        """The process that has this pid now. Raises ProcessLookupError when none has."""
        fields = _stat(pid)
        if fields is None:
            raise ProcessLookupError(pid)
        return cls(pid, int(fields[19]))

    @classmethod
    def read(cls, path: Path) -> "Process | None":
        """The process that a file names, or None."""
        try:
            return cls(**read_json(path))
        except FileNotFoundError:
            return None

    def write(self, path: Path) -> None:
        """Write the identity to a file."""
        write_json(path, {"pid": self.pid, "started": self.started})

    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        fields = _stat(self.pid)
        return fields is not None and fields[0] != "Z" and int(fields[19]) == self.started

    def send(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.alive():
            os.kill(self.pid, number)


def oom_kills() -> int:
    """How many processes of this machine the kernel has killed since boot because memory ran out, of any group."""
    counters = Path("/proc/vmstat").read_text().split()
    return int(counters[counters.index("oom_kill") + 1]) if "oom_kill" in counters else 0


def die_with_parent(parent: int) -> None:
    """Let the kernel end this process when its parent ``parent`` ends, however it ends (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we asked
        os._exit(1)


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on; the name before it may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
