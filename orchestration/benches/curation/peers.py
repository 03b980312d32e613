"""Peers that the curation is measured against, each as its own users run it."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from orchestration.benches.envelope import require

Detector = Any
_SETTINGS: dict[str, list[dict[str, float]]] = {
    "ContentDetector": [{}, {"threshold": 20.0}, {"threshold": 35.0}, {"min_scene_len": 5}],
    "AdaptiveDetector": [{}, {"adaptive_threshold": 2.0}, {"adaptive_threshold": 4.0}, {"min_scene_len": 5}],
    "ThresholdDetector": [{}, {"threshold": 24.0}, {"min_scene_len": 5}],
    "HistogramDetector": [{}, {"threshold": 0.15}, {"min_scene_len": 5}],
    "HashDetector": [{}, {"threshold": 0.3}, {"min_scene_len": 5}],
}


def scene_detectors() -> Iterator[tuple[str, Callable[[], Detector]]]:
    """PySceneDetect's detectors, at their defaults and at a few other settings."""
    require("scenedetect")
    from scenedetect import detectors

    for name, kinds in _SETTINGS.items():
        for settings in kinds:
            spelled = ", ".join(f"{key}={value:g}" for key, value in settings.items())
            yield f"{name}({spelled})", partial(getattr(detectors, name), **settings)


def scene_cuts(path: Path, make: Callable[[], Detector]) -> list[int]:
    """First frames of the scenes that a PySceneDetect detector finds, the first scene apart."""
    from scenedetect import detect

    return [start.frame_num for start, _ in detect(str(path), make())][1:]


def ffmpeg() -> str:
    """The command that package imageio-ffmpeg carries. Raises PeerMissing."""
    require("imageio_ffmpeg")
    from imageio_ffmpeg import get_ffmpeg_exe

    return str(get_ffmpeg_exe())
