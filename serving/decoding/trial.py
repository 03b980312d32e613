"""Trial: what one tile takes of a graph, in a fresh process: ``python -m serving.decoding.trial GRAPH THREADS SHAPES``.

SHAPES is JSON: the shape of each of the graph's inputs, by name.

Prints the peak of resident memory above the idle process in bytes; the graph is loaded before, and run twice.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
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


def tile_peak(graph: Path, threads: int, shape: tuple[int, int, int, int]) -> int:
    """Peak in bytes of decoding a tile [C, T, h, w] with the graph in a file. Raises as ``inputs_peak``."""
    return inputs_peak(graph, threads, (("latent", (1, *shape)),))


@lru_cache(maxsize=64)
def inputs_peak(graph: Path, threads: int, shapes: tuple[tuple[str, tuple[int, ...]], ...]) -> int:
    """Peak in bytes of a call of the graph in a file with float inputs of such names and shapes.

    Raises:
        TrialFailed: the process ended with an error, such as for want of memory.
    """
    from serving.home import REPOSITORY

    command = [sys.executable, "-m", "serving.decoding.trial", str(graph), str(threads), json.dumps(dict(shapes))]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrialFailed(f"a call with {dict(shapes)} ended with {done.returncode}: {done.stderr[-1000:]}")
    return int(done.stdout.splitlines()[-1])


def _status(field: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _main(graph: Path, threads: int, shapes: Mapping[str, Sequence[int]]) -> None:
    import numpy as np

    from serving.bundle import OnnxGraph

    called = OnnxGraph(graph, ["CPUExecutionProvider"], threads)
    _ = called.session
    generator = np.random.default_rng(0)
    inputs = {name: generator.standard_normal(shape, dtype=np.float32) for name, shape in shapes.items()}

    def work() -> None:
        for _ in range(2):
            called(**inputs)

    sys.stdout.write(f"{peak_above(work)}\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
