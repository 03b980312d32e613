"""A film under a budget in a fresh process: ``python -m orchestration.benches.memory.apart FOLDER CASE`` prints JSON.

FOLDER has the graphs, CASE is JSON: the fields of ``Case``. The peak is above the process with its sessions and
libraries loaded.
"""

import json
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from orchestration.benches.memory.case import Case
from serving.bundle import OnnxGraph
from serving.config import ServingConfig, TextEncoderFacts
from serving.delivery import marked
from serving.media.mp4 import write_mp4
from serving.memory import cut_within
from serving.pipeline import Pipeline
from serving.trial import peak_above
from serving.watermark import Watermarker

_RATE = 48_000
_UNREAD = "text_bytes"  # a pipeline has a text encoder; nothing is asked of it
_CONFIG = ServingConfig(
    fps=16,
    sample_rate=_RATE,
    audio_rate=25,
    audio_hop=1920,
    text={"characters": TextEncoderFacts(graphs=(_UNREAD,), width=1, length=1)},
    sizes={"1:1": (64, 64)},
)


def film(folder: Path, case: Case) -> dict[str, float]:
    """What is predicted, and what it takes, in bytes; how long the trials and the film take, in seconds.

    Raises:
        RequestRefused: the budget is too small.
    """
    used = ["autoencoder_decode", *(["upsampler"] if case.upsampler else [])]
    graphs = {name: OnnxGraph(folder / f"{name}.onnx", ["CPUExecutionProvider"], None) for name in [*used, _UNREAD]}
    for name in used:
        _ = graphs[name].session
    pipeline, random = Pipeline(graphs, {}, _CONFIG), np.random.default_rng(0)
    size = case.size[0], case.size[1]
    latent = random.standard_normal(_CONFIG.latent_shape(case.frames, case.source), dtype=np.float32)
    samples = case.frames * _RATE // _CONFIG.fps
    sound = random.uniform(-0.1, 0.1, (samples, 2)).astype(np.float32) if case.sound else None
    begun = time.monotonic()
    cut = cut_within(pipeline, latent.shape, size, case.budget * 2**20)
    tried = time.monotonic()
    pieces = cut.enlarger(pipeline.frames_of(latent, case.frames, cut.tiles), size)
    frames = marked(Watermarker(bytes(32)), 0, pieces)
    with TemporaryDirectory(prefix="cinemill-memory-") as scratch:
        path = Path(scratch) / "film.mp4"
        peak = peak_above(lambda: write_mp4(path, frames, _CONFIG.fps, sound, _RATE))
    seconds = {"trial_seconds": tried - begun, "film_seconds": time.monotonic() - tried}
    return {"predicted": cut.predicted, "peak": peak, **seconds}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(film(Path(sys.argv[1]), Case(**json.loads(sys.argv[2])))) + "\n")
