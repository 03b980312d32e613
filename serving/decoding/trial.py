"""Trial: what decoding one tile takes, in a fresh process: ``python -m serving.decoding.trial GRAPH THREADS C T h w``.

Prints the peak of resident memory above the idle process in bytes; the graph is loaded before, and run twice.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from serving.errors import ServingError


class TrialFailed(ServingError):
    """A trial in a process of its own ended with an error; the message holds the end of its output."""


def peak_above(work: Callable[[], object]) -> int:
    """Bytes of resident memory that ``work`` takes at its peak above what the process has now (Linux)."""
    idle = _status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    work()
    return _status("VmHWM") - idle


@lru_cache(maxsize=64)
def tile_peak(graph: Path, threads: int, shape: tuple[int, int, int, int]) -> int:
    """Peak in bytes of decoding a tile [C, T, h, w] with the graph in a file.

    Raises:
        TrialFailed: the process ended with an error, such as for want of memory.
    """
    from serving.home import REPOSITORY

    arguments: Sequence[str] = [str(graph), str(threads), *(str(size) for size in shape)]
    command = [sys.executable, "-m", "serving.decoding.trial", *arguments]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrialFailed(f"decoding a tile {shape} ended with {done.returncode}: {done.stderr[-1000:]}")
    return int(done.stdout.splitlines()[-1])


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _main(graph: Path, threads: int, shape: Sequence[int]) -> None:
    import numpy as np

    from serving.bundle import OnnxGraph

    decode = OnnxGraph(graph, ["CPUExecutionProvider"], threads)
    _ = decode.session
    latent = np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)

    def work() -> None:
        for _ in range(2):
            decode(latent=latent)

    sys.stdout.write(f"{peak_above(work)}\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), [int(size) for size in sys.argv[3:]])
