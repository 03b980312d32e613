"""Shots: the detector and PySceneDetect's on the same reels."""

import logging
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from assets.curation.analysis import watch
from assets.curation.signals.camera import Camera
from assets.curation.signals.shots import ShotDetector
from orchestration.benches.curation.peers import scene_cuts, scene_detectors
from orchestration.benches.curation.reel import FPS, Reel, make_reel
from orchestration.benches.curation.scoring import Score, score

_SEEDS = (1001, 1002)  # of reels that the detector was not tuned on
_SHOTS = 45
_log = logging.getLogger(__name__)


def shot_figures(folder: Path) -> dict[str, float]:
    """F1 over all reels: ours, and the best of PySceneDetect's detectors and settings."""
    reels = [make_reel(folder / f"reel-{seed}.mp4", shots=_SHOTS, seed=seed) for seed in _SEEDS]
    ours = _total(score(_found(reel), reel.boundaries) for reel in reels)
    peers = {
        name: _total(score(scene_cuts(reel.path, make), reel.boundaries) for reel in reels)
        for name, make in scene_detectors()
    }
    best = max(peers, key=lambda name: peers[name].f1)
    _log.info("PySceneDetect's best: %s %s", best, peers[best])
    kinds = Counter(boundary.kind for reel in reels for boundary in reel.boundaries)
    return {
        "shot_f1": ours.f1,
        "shot_f1_peer": peers[best].f1,
        "shot_missed": float(ours.missed),
        "shot_wrong": float(ours.wrong),
        **{f"shot_true_{kind}": float(count) for kind, count in sorted(kinds.items())},
        "shot_flashes": float(sum(reel.flashes for reel in reels)),
        **{f"shot_f1_{name}": total.f1 for name, total in peers.items()},
    }


def _found(reel: Reel) -> list[int]:
    detector, camera = ShotDetector(), Camera()
    for frame in watch(reel.path):
        detector.see(frame)
        camera.see(frame)
    return [round(boundary.seconds * FPS) for boundary in detector.boundaries(camera.passage)]


def _total(scores: Iterable[Score]) -> Score:
    listed = list(scores)
    return Score(
        hits=sum(item.hits for item in listed),
        missed=sum(item.missed for item in listed),
        wrong=sum(item.wrong for item in listed),
    )
