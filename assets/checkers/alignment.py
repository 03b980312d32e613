"""Alignment: whether a caption fits a clip, by the contrastive video-text model.

It sees places well, and hardly more: ``models/contrastive/weights/README.md`` says what it is worth. It reads no
letters and hears nothing.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assets.checkers.judgement import Judgement

Frames = NDArray[np.uint8]


def score(frames: Frames, caption: str) -> float:
    """Cosine of a clip uint8 [F, H, W, 3] and a caption in the joint space, -1 to 1; an image is one frame."""
    return float(scores([frames], [caption])[0, 0])


def aligned(frames: Frames, caption: str) -> Judgement[bool]:
    """Whether the caption fits the clip."""
    return judged(score(frames, caption))


def scores(clips: Sequence[Frames], captions: Sequence[str]) -> NDArray[np.float32]:
    """Cosines of every clip with every caption, [clips, captions]."""
    from models.contrastive.embedder import packaged_embedder

    embedder = packaged_embedder()
    return np.asarray(embedder.clips(clips) @ embedder.texts(captions).T)


def judged(cosine: float) -> Judgement[bool]:
    """What a cosine says of a caption and a clip."""
    from models.contrastive.embedder import packaged_embedder

    line = packaged_embedder().calibration
    chance = 1 / (1 + math.exp(-(line.slope * cosine + line.offset)))
    return Judgement(chance >= 0.5, max(chance, 1 - chance))
