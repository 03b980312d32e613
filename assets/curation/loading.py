"""Loading: the pixels of a clip, by presentation time."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from assets.manifest import read_manifest
from serving.home import Home
from serving.media.timed import TOLERANCE, TimedFrame, timed_frames


class ClipUnreadable(RuntimeError):
    """A clip whose file is gone, does not decode or has no frame in its span; the message names file and fault."""


def footage_paths(home: Home) -> dict[str, str]:
    """Where each source file is now, by its id.

    Other manifests name sources by content alone, so moving a file changes no dataset.
    """
    return {row["id"]: row["path"] for row in read_manifest(home.manifests / "footage.jsonl")}


def load_clip(record: Mapping[str, Any], height: int, width: int, frames: int, fps: float) -> np.ndarray:
    """A clip's pixels, uint8 [frames, height, width, 3] RGB, cut to the middle and resized by area.

    Frame i is what is on the screen at ``start + i/fps``. Past the clip's end its last frame stands.

    Args:
        record: ``path``, ``start`` and ``end`` in seconds since the file's first frame (path: see ``footage_paths``).
        height: Pixels.
        width: Pixels.
        frames: How many.
        fps: At what rate.

    Raises:
        ClipUnreadable: The file is gone or does not decode, or holds no frame in the span.
    """
    import av

    path = Path(record["path"])
    start, end = float(record["start"]), float(record["end"])
    wanted = [start + i / fps for i in range(frames)]
    taken: list[np.ndarray] = []
    shown: TimedFrame | None = None
    try:
        for timed in timed_frames(path, start, min(end, wanted[-1] + 3 * TOLERANCE)):
            # What was due before this frame appeared is the frame before it.
            due = sum(moment < timed.seconds - TOLERANCE for moment in wanted[len(taken) :])
            if shown is not None and due:
                taken += [_fit(shown.upright(), height, width)] * due
            shown = timed
    except (av.FFmpegError, OSError, ValueError) as error:
        raise ClipUnreadable(f"{path}: {error}; ingest the footage again") from error
    if shown is None:
        raise ClipUnreadable(f"{path} holds no frame between {start} and {end} s; ingest the footage again")
    if len(taken) < frames:
        taken += [_fit(shown.upright(), height, width)] * (frames - len(taken))
    return np.stack(taken)


def _fit(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """The middle of a picture in the shape asked for, resized."""
    import cv2

    rows, columns = picture.shape[:2]
    scale = max(height / rows, width / columns)
    crop_rows, crop_columns = min(rows, round(height / scale)), min(columns, round(width / scale))
    top, left = (rows - crop_rows) // 2, (columns - crop_columns) // 2
    middle = picture[top : top + crop_rows, left : left + crop_columns]
    method = cv2.INTER_AREA if scale <= 1 else cv2.INTER_CUBIC
    return cv2.resize(middle, (width, height), interpolation=method)
