"""Frames with known content, through an encoder and back, as the signals get them."""

import numpy as np

from assets.curation.analysis import watch
from tests.assets.videos import write_video


def ground(seed=0, height=288, width=512, contrast=40.0):
    """Noise at several scales, uint8 [H,W,3]."""
    import cv2

    rng = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for cells in (9, 18, 36, 72):
        noise = rng.standard_normal((cells, cells * 2, 3))
        total += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * (9 / cells) ** 0.7
    return np.clip(128 + total / total.std() * contrast, 0, 255).astype(np.uint8)


def gliding(count, right, *, seed=0, shake=None):
    """The ground, which moves ``right`` pixels a frame and ``shake`` [count,2] pixels besides; uint8 [144,256,3]."""
    import cv2

    shown = ground(seed)
    for number in range(count):
        x, y = (0.0, 0.0) if shake is None else shake[number]
        matrix = np.array([[1, 0, right * number + x], [0, 1, y]], dtype=np.float32)
        yield cv2.warpAffine(shown, matrix, (256, 144), borderMode=cv2.BORDER_REFLECT)


def result(signal, path, start=0.0, end=1e9):
    for frame in watch(path):
        signal.see(frame)
    return signal.track().result(start, end)


def film(tmp_path, pictures, **settings):
    return write_video(tmp_path / "film.mp4", pictures, **{"fps": 16, "options": {"crf": "15"}} | settings)
