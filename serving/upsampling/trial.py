"""Trial of one tile to double: ``python -m serving.upsampling.trial GRAPH THREADS SHAPE`` (JSON: [F, H, W])."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from serving.bundle import OnnxGraph
from serving.trial import Need, needed, settle, tell, tried
from serving.upsampling.doubling import Doubling
from serving.upsampling.enlarging import enlarged


def tile_need(graph: Path, threads: int, shape: tuple[int, int, int]) -> Need:
    """Bytes that doubling a tile of frames [F, H, W] takes by the graph in a file, and those that it keeps.

    Raises:
        TrialFailed: it could not be tried.
    """
    return tried("serving.upsampling.trial", str(graph), str(threads), json.dumps(shape))


def _main(graph: Path, threads: int, shape: list[int]) -> None:
    settle()
    upsampler = OnnxGraph(graph, ["CPUExecutionProvider"], threads)
    _ = upsampler.session
    frames = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    enlarged(frames[:1, :8, :8])  # loads what enlarges

    def work(rest: Callable[[], None]) -> None:
        for _ in range(2):
            Doubling(upsampler).tile(frames)
            rest()

    tell(needed(work))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
