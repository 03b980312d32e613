"""Trials: what a part of the way from a latent to a file takes, measured by running it in a fresh process (Linux)."""

import ctypes
import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from serving.errors import ServingError

if TYPE_CHECKING:
    from serving.bundle import OnnxGraph

_M_MMAP_THRESHOLD = -3  # of glibc's mallopt
_LARGE = 2 << 20  # bytes


class TrialFailed(ServingError):
    """A trial in a process of its own ended with an error; the message holds the end of its output."""


@dataclass(frozen=True)
class Need:
    """Bytes of resident memory above the idle process.

    Attributes:
        held: While other parts work.
        peak: At most, while it works itself.
    """

    held: int
    peak: int


def together(needs: Iterable[Need]) -> int:
    """Peak in bytes of parts that take turns: what all hold, and the most that one takes beside that."""
    parts = list(needs)
    return sum(part.held for part in parts) + max(max(part.peak - part.held, 0) for part in parts)


def settle() -> None:
    """Have glibc give large blocks back to the system when they are freed, in this process from now on.

    By itself it keeps ever larger ones, and how many depends on the order of what was freed: a peak could not be
    predicted. This costs a twentieth of the time. Another C library is left as it is.
    """
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE)


def peak_above(work: Callable[[], object]) -> int:
    """Bytes of resident memory that ``work`` takes at its peak above what the process has now (Linux)."""
    return needed(lambda _: work()).peak


def needed(work: Callable[[Callable[[], None]], object]) -> Need:
    """What ``work`` takes above what the process has now; it calls what it is given where other parts would work."""
    idle, rests = _status("VmRSS"), [0]
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    work(lambda: rests.append(_status("VmRSS") - idle))
    return Need(max(rests), _status("VmHWM") - idle)


def told_of_graph(prepare: Callable[["OnnxGraph", list[int]], Callable[[], object]]) -> None:
    """Tell what calls of the graph in a file take and keep; the process's arguments are those of ``of_graph``.

    Args:
        prepare: From the graph and the shape, what is called.
    """
    from serving.bundle import OnnxGraph

    path, threads, shape = sys.argv[1:]
    settle()
    graph = OnnxGraph(Path(path), ["CPUExecutionProvider"], int(threads))
    _ = graph.session
    call = prepare(graph, json.loads(shape))

    def work(rest: Callable[[], None]) -> None:
        for _ in range(2):
            call()
            rest()

    tell(needed(work))


def of_graph(module: str, graph: Path, threads: int, shape: Sequence[int]) -> Need:
    """What a module that calls ``told_of_graph`` tells of the graph in a file and a shape. Raises as ``tried``."""
    return tried(module, str(graph), str(threads), json.dumps(list(shape)))


@lru_cache(maxsize=64)
def tried(module: str, *arguments: str) -> Need:
    """What ``python -m module arguments`` tells by ``tell``.

    Raises:
        TrialFailed: the process ended with an error, such as for want of memory.
    """
    from serving.home import REPOSITORY

    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrialFailed(f"{' '.join(command[2:])} ended with {done.returncode}: {done.stderr[-1000:]}")
    return Need(**json.loads(done.stdout.splitlines()[-1]))


def tell(need: Need) -> None:
    """Print what a trial has found for ``tried``."""
    sys.stdout.write(json.dumps(asdict(need)) + "\n")


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
