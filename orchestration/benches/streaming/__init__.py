"""Live video of the starters: how fast it comes, how soon it begins and how soon it follows a new prompt."""

import time
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

from orchestration.benches.envelope import in_fresh_process
from serving.home import Home

SHEET = "stream.png"
_SECONDS, _WARM = 60.0, 4.0
_COLD = 5  # fresh processes
_CLIPS = 16  # that the decoder's PSNR is the mean of


def run(seconds: float = _SECONDS) -> dict[str, float]:
    """A stream as ``cinemill stream --no-pace`` makes it: 128x128, 16 frames a second, marked, encoded to mp4.

    ``real_time_factor`` is seconds of video over the seconds that they took, ``slowest_real_time_factor`` that of the
    slowest five seconds of video. ``first_frame_seconds`` go from the request to the first frame's way to the encoder,
    ``prompt_change_seconds`` from a new prompt in the middle, which comes just after a chunk was begun, to that of the
    first frame made with it; ``prompt_change`` is how much that frame differs from the one before it, in grey levels,
    ``usual_change`` the mean before. ``psnr`` is the decoder's, in dB, on held-out clips of the size that is sampled.
    Sessions are loaded: four seconds of another stream go first. ``cold_start_seconds``, the median of five fresh
    processes, are what loading all of the bundle's takes, the interpreter's start and its imports included.

    Chunks of a stream with four prompts are written to ``benches/stream.png`` in the home.
    """
    from assets.starter.bundle import bundled
    from orchestration.benches.streaming.sheet import sheet
    from orchestration.benches.streaming.viewer import Viewer
    from serving.pipeline import Pipeline

    with TemporaryDirectory(prefix="cinemill-streaming-") as folder:
        bundle = bundled(Path(folder))
        cold = median(cold_start(bundle.folder) for _ in range(_COLD))
        pipeline = Pipeline.from_bundle(bundle)
        Viewer(_WARM).watch(pipeline, Path(folder) / "warm.mp4")
        viewer = Viewer(seconds)
        viewer.watch(pipeline, Path(folder) / "stream.mp4")
        sheet(Home.from_env().root / "benches" / SHEET, pipeline)
    figures = viewer.figures() | {"cold_start_seconds": cold, "psnr": _decoder()}
    return {name: round(value, 3) for name, value in figures.items()}


def cold_start(bundle: Path) -> float:
    """Seconds from asking for a fresh process to its having loaded every session of a bundle."""
    made = in_fresh_process("orchestration.benches.streaming.cold", bundle, time.time())
    return float(made["cold_start_seconds"])


def _decoder() -> float:
    """Mean PSNR of clips that went through the starter autoencoder."""
    from assets.starter.quality import asked
    from assets.starter.round_trip import psnr, through
    from models.autoencoder import load_autoencoder
    from models.recipes import demo
    from models.starter import AUTOENCODER

    clips = asked(demo().world, "validation", _CLIPS).clips
    back = through(load_autoencoder(AUTOENCODER), clips)
    return mean(psnr(*pair) for pair in zip(back, clips, strict=True))
