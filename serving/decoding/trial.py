"""Trial of one tile of a latent: ``python -m serving.decoding.trial GRAPH THREADS SHAPE`` (JSON: [C, T, h, w])."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from serving.bundle import OnnxGraph
from serving.trial import Need, of_graph, told_of_graph


def tile_need(graph: Path, threads: int, shape: tuple[int, int, int, int]) -> Need:
    """Bytes that a call of the graph in a file takes for a tile [C, T, h, w], and those that it keeps.

    Raises:
        TrialFailed: it could not be tried.
    """
    return of_graph("serving.decoding.trial", graph, threads, shape)


def _call(decode: OnnxGraph, shape: list[int]) -> Callable[[], object]:
    return partial(decode, latent=np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32))


if __name__ == "__main__":
    told_of_graph(_call)
