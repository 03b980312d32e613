"""Trial of one tile to double: ``python -m serving.upsampling.trial GRAPH THREADS SHAPE`` (JSON: [F, H, W])."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from serving.bundle import OnnxGraph
from serving.trial import Need, of_graph, told_of_graph
from serving.upsampling.doubling import Doubling
from serving.upsampling.enlarging import enlarged


def tile_need(graph: Path, threads: int, shape: tuple[int, int, int]) -> Need:
    """Bytes that doubling a tile of frames [F, H, W] takes by the graph in a file, and those that it keeps.

    Raises:
        TrialFailed: it could not be tried.
    """
    return of_graph("serving.upsampling.trial", graph, threads, shape)


def _call(upsampler: OnnxGraph, shape: list[int]) -> Callable[[], object]:
    frames = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    enlarged(frames[:1, :8, :8])  # loads what enlarges
    return partial(Doubling(upsampler).tile, frames)


if __name__ == "__main__":
    told_of_graph(_call)
