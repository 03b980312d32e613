"""The starter upsampler beside bicubic and Lanczos on held-out clips, and what a film of it takes."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assets.starter.upsampling import PLAIN, Figures, compared, held_out, lettered, plain, upsampler
from models.starter import UPSAMPLER

_CLIPS = 120
_LETTERED = 60
_SIZE = (480, 854)
_SOURCE = (64, 64, 112, 3)  # four seconds of the demo


def run(clips: int = _CLIPS, scenes: int = _LETTERED, film: tuple[int, ...] = _SOURCE) -> Figures:
    """PSNR and what the checkers name rightly at 128 px, of clips enlarged from 64 px, with 95% intervals.

    Each held-out clip is made small in three ways: ``shrunk`` by a random kernel, ``degraded`` as Movie Gen's upsampler
    sees it, ``coded`` by the starter autoencoder; ``all`` are these together. ``four_steps`` is the same network with
    four steps in place of one. ``lettered_...`` are of scenes under a word, small in the first two ways; ``words`` is
    the share in which it is read to the letter. ``film_seconds`` is how long a film of the demo takes by ONNX Runtime
    with all cores.
    """
    from rich.console import Console

    console = Console(stderr=True)

    def told(done: int) -> None:
        if done % 30 == 0:
            console.print(f"small clips: {done} of {3 * clips}, then of {2 * scenes}")

    methods = {"ours": upsampler(), "four_steps": upsampler(steps=4)} | {name: plain(name) for name in PLAIN}
    figures = compared(held_out(clips), methods, told)
    del methods["four_steps"]
    read = {f"lettered_{name}": value for name, value in compared(lettered(scenes), methods, told).items()}
    return {name: round(value, 4) for name, value in (figures | read | film_seconds(film)).items()}


def film_seconds(source: tuple[int, ...]) -> Figures:
    """Wall-clock seconds of a film uint8 [F, H, W, 3] at 480 px by the exported graph, and by plain resizing."""
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graph
    from serving.bundle import OnnxGraph
    from serving.upsampling.cascade import Enlarger

    frames = np.random.default_rng(0).integers(0, 256, source, np.uint8)
    with TemporaryDirectory() as scratch:
        module = graph_modules({"upsampler": UPSAMPLER})["upsampler"]
        graph = OnnxGraph(export_graph("upsampler", module, Path(scratch)), ["CPUExecutionProvider"], None)
        _ = graph.session
        seconds = {}
        for name, enlarger in (("film_seconds", Enlarger(graph)), ("film_seconds_lanczos", Enlarger())):
            began = time.monotonic()
            for _ in enlarger([frames], _SIZE):
                pass
            seconds[name] = time.monotonic() - began
    return seconds
