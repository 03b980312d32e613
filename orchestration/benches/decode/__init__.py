"""Decoding as serving does it against diffusers' autoencoders with tiling: time, memory over length, seams of tiles."""

import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from orchestration.benches.autoencoder.sides import OURS, PEERS
from orchestration.benches.envelope import in_fresh_process, require

if TYPE_CHECKING:
    from orchestration.benches.decode.sides import Decoding

_FRAMES = 17  # that times are measured over
_ROUNDS = 3  # and one to warm up
_LENGTHS = (8, 16, 32, 64)  # seconds
_PEERS_LENGTHS = (1, 2)  # they are so slow
_CLIPS = 6


def run() -> dict[str, float]:
    """Every figure, at 256 pixels on one thread in float32; peers have random weights and about as many as ours.

    ``SIDE_ms`` are milliseconds of processor time a frame in tiles of 128 pixels that share 32, medians of three
    rounds in which all sides take turns; ``ms_ratio`` is the fastest peer's over ours. ``SIDE_peak_mib_Ns`` is memory
    in a fresh process, above its loaded model, to decode N seconds: ours as long videos are decoded, a piece at a time.
    ``rss_growth`` is ours for 64 seconds over 8; ``SIDE_rss_growth`` a peer's for two seconds over one.

    ``seam`` is the largest of ``seam_time``, ``seam_rows`` and ``seam_columns``: of clips of 128 pixels through the
    starter autoencoder, in tiles of 32 frames and 64 pixels, the change where tiles begin or end over that at like
    places between, over the same ratio of the clip decoded whole. ``seam_planted`` is the least of those of tiles that
    share nothing and of which every other one is brighter by 4 of 255.

    Raises:
        PeerMissing: diffusers is not installed.
    """
    from models.recipes import FPS
    from orchestration.benches.decode.seams import latents, measured
    from orchestration.benches.decode.sides import TILED, Ours, exported, opened, peer

    require("diffusers")
    with TemporaryDirectory(prefix="cinemill-decode-") as scratch:
        graph = exported(Path(scratch))
        times = timed({OURS: Ours(opened(graph), TILED)} | {name: peer(name) for name in PEERS})
        figures = {f"{name}_ms": value for name, value in times.items()}
        figures["ms_ratio"] = min(times[name] for name in PEERS) / times[OURS]
        for name, lengths in {OURS: _LENGTHS, **dict.fromkeys(PEERS, _PEERS_LENGTHS)}.items():
            peaks = {seconds: _apart(name, graph, seconds * FPS) for seconds in lengths}
            figures |= {f"{name}_peak_mib_{seconds}s": peak for seconds, peak in peaks.items()}
            growth = peaks[max(lengths)] / peaks[min(lengths)]
            figures["rss_growth" if name == OURS else f"{name}_rss_growth"] = growth
        figures |= summed(measured(opened(graph), list(latents(_CLIPS))))
    return {name: round(value, 4) for name, value in figures.items()}


def timed(sides: "Mapping[str, Decoding]", frames: int = _FRAMES, rounds: int = _ROUNDS) -> dict[str, float]:
    """Milliseconds of processor time a frame, the order of the sides reversed every round."""
    spent: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(rounds + 1):
        for name in sides if round_ % 2 else reversed(list(sides)):
            begun = time.process_time()
            count = sum(len(piece) for piece in sides[name](frames))
            if round_:
                spent[name].append(1000 * (time.process_time() - begun) / count)
    return {name: median(values) for name, values in spent.items()}


def summed(seams: Mapping[str, float]) -> dict[str, float]:
    """Seams along each axis with the worst of them, and the least of the planted ones."""
    from orchestration.benches.decode.seams import AXES

    worst = max(seams[f"seam_{axis}"] for axis in AXES)
    return dict(seams) | {"seam": worst, "seam_planted": min(seams[f"seam_planted_{axis}"] for axis in AXES)}


def _apart(name: str, graph: Path, frames: int) -> float:
    return float(in_fresh_process("orchestration.benches.decode.apart", name, graph, frames)["peak_mib"])
