"""Looks made without files."""

import cv2
import numpy as np

from assets.curation.copies.look import Gathering


def textured(seed, count=4, height=90, width=160):
    """Frames of a smooth random scene through which a bright disc moves: different for each seed."""
    rng = np.random.default_rng(seed)
    coarse = (rng.integers(0, 255, (6, 8, 3)) * rng.uniform(0.3, 1, 3)).astype(np.uint8)
    ground = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    start, rise = rng.uniform(0.2, 0.8, 2)
    frames = []
    for number in range(count):
        frame = ground.copy()
        centre = (int(width * (start + 0.1 * number) % width), int(height * rise))
        cv2.circle(frame, centre, height // 6, (250, 250, 240), -1)
        frames.append(frame)
    return frames


def look(frames):
    gathering = Gathering()
    for frame in frames:
        gathering.add(frame)
    return gathering.look()
