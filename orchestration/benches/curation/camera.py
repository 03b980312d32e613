"""Camera: the class that the whole pass gives to clips of the sandbox world whose camera is known."""

from pathlib import Path

import av
import numpy as np

from assets.checkers import clips
from assets.curation.analysis import analyse
from assets.curation.captioner import CAMERA_CONFIDENCE
from assets.curation.clips import signals
from assets.world.spec import CAMERAS

_CLIPS = 320  # twenty of each class
_FIRST = 20_000  # seed: no judge was taught or chosen on these clips
_CRF = 23


def camera_figures(folder: Path) -> dict[str, float]:
    """Mean over the classes of the share that is right; the same where the judge is sure, and how often that is.

    Each clip is an H.264 file of 2 s; what the pass says of its longest shot counts, and nothing said is wrong.
    """
    hits: dict[str, list[bool]] = {name: [] for name in CAMERAS}
    sure: list[bool] = []
    for clip in clips.moving(_CLIPS, "validation", _FIRST):
        path = _written(folder / "camera.mp4", clip.frames)
        analysis = analyse(path)
        found = signals(analysis, *max(analysis.spans, key=lambda span: span[1] - span[0]))["camera"]
        right = found is not None and found["class"] == clip.truth.camera
        hits[clip.truth.camera].append(right)
        if found is not None and found["confidence"] >= CAMERA_CONFIDENCE:
            sure.append(right)
    return {
        "camera_accuracy": float(np.mean([np.mean(of_class) for of_class in hits.values()])),
        "camera_accuracy_worst": float(min(np.mean(of_class) for of_class in hits.values())),
        "camera_accuracy_sure": float(np.mean(sure)) if sure else 0.0,
        "camera_sure": len(sure) / _CLIPS,
        "camera_clips": float(_CLIPS),
    }


def _written(path: Path, frames: np.ndarray) -> Path:
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=clips.FPS)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.options = {"crf": str(_CRF), "preset": "veryfast"}
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return path
