"""Trial of one tile of a latent: ``python -m serving.decoding.trial GRAPH THREADS SHAPE`` (JSON: [C, T, h, w])."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from serving.bundle import OnnxGraph
from serving.trial import Need, needed, settle, tell, tried


def tile_need(graph: Path, threads: int, shape: tuple[int, int, int, int]) -> Need:
    """Bytes that a call of the graph in a file takes for a tile [C, T, h, w], and those that it keeps.

    Raises:
        TrialFailed: it could not be tried.
    """
    return tried("serving.decoding.trial", str(graph), str(threads), json.dumps(shape))


def _main(graph: Path, threads: int, shape: list[int]) -> None:
    settle()
    decode = OnnxGraph(graph, ["CPUExecutionProvider"], threads)
    _ = decode.session
    latent = np.random.default_rng(0).standard_normal((1, *shape), dtype=np.float32)

    def work(rest: Callable[[], None]) -> None:
        for _ in range(2):
            decode(latent=latent)
            rest()

    tell(needed(work))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
