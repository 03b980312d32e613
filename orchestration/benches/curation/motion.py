"""Motion: scores of patterns whose true speed is known, and of clips known to stand still or to move."""

from pathlib import Path

import numpy as np

from assets.curation.analysis import watch
from assets.curation.signals.flow import Flow
from assets.curation.signals.frame import Signal
from assets.curation.signals.motion import Motion
from assets.curation.signals.stillness import Stillness
from orchestration.benches.curation import patterns

_PATTERNS = 60
_CLIPS = 120  # still ones, and as many that move
_SLOWEST, _FASTEST = 0.005, 0.5  # widths a second
_SEED = 5000  # of patterns that no threshold was chosen on


def motion_figures(folder: Path) -> dict[str, float]:
    """Rank correlation of the motion score and of the speed with the true speed; recall of static clips."""
    from scipy.stats import spearmanr

    true, scores, speeds = [], [], []
    for number in range(_PATTERNS):
        rng = np.random.default_rng(_SEED + number)
        speed = float(np.exp(rng.uniform(np.log(_SLOWEST), np.log(_FASTEST))))
        pictures = patterns.gliding(rng, speed, rng.uniform(20, 60))
        found = _see(patterns.write(folder / "gliding.mp4", pictures, 23), [Motion(), Flow()])
        true.append(speed)
        scores.append(found["motion_score"])
        speeds.append(found["speed"])
    still: list[bool] = []
    moves: list[bool] = []
    for number in range(_CLIPS):
        rng = np.random.default_rng(2 * _SEED + number)
        for make, answers in ((patterns.standing, still), (patterns.moving, moves)):
            path = patterns.write(folder / "clip.mp4", make(rng), int(rng.integers(18, 35)))
            answers.append(bool(_see(path, [Stillness()])["static"]))
    return {
        "motion_spearman": float(spearmanr(true, scores).statistic),
        "speed_spearman": float(spearmanr(true, speeds).statistic),
        "speed_error": float(np.median(np.abs(np.array(speeds) / np.array(true) - 1))),
        "static_recall": float(np.mean(still)),
        "static_false_positive": float(np.mean(moves)),
        "static_clips": float(2 * _CLIPS),
    }


def _see(path: Path, signals: list[Signal]) -> dict[str, float]:
    for frame in watch(path):
        for signal in signals:
            signal.see(frame)
    found: dict[str, float] = {}
    for signal in signals:
        found |= signal.track().result(0.0, np.inf)
    return found
