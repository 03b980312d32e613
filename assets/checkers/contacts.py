"""Contacts: when something visibly lands, leaps or bursts before a camera at rest, from pixels alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.bodies import bodies, changed
from assets.checkers.classifier import Classifier, fit
from assets.checkers.detector import resized
from assets.checkers.touches import Kind, Touch, touches

Frames = NDArray[np.uint8]

WEIGHTS = Path(__file__).parent / "weights" / "contacts.safetensors"
_BELIEVED = 0.5  # probability from which a touch is a contact
_APART = 0.07  # seconds within which two contacts are one
_TRUE = 0.05  # seconds within which a touch of the training clips is a true contact


@dataclass(frozen=True)
class Contact:
    """Something visibly hits, leaps or bursts.

    Attributes:
        seconds: When, between frames too.
        kind: What.
        strength: Probability that it does, 0 to 1.
    """

    seconds: float
    kind: Kind
    strength: float


def contacts(frames: Frames, fps: float, believed: float = _BELIEVED) -> tuple[Contact, ...]:
    """The contacts in uint8 [F, H, W, 3] that are at least so probable, in order of time."""
    return judged(touched(frames, fps), _loaded(), believed)


def judged(found: Sequence[Touch], classifier: Classifier, believed: float) -> tuple[Contact, ...]:
    """The contacts among touches."""
    if not found:
        return ()
    chances = classifier.probabilities(np.stack([touch.features for touch in found]))[:, 1].tolist()
    pairs = zip(found, chances, strict=True)
    return _parted([Contact(touch.seconds, touch.kind, chance) for touch, chance in pairs if chance >= believed])


def touched(frames: Frames, fps: float) -> list[Touch]:
    """Everything in uint8 [F, H, W, 3] that may be a contact."""
    small = resized(frames)
    patches = [changed(one, other) for one, other in pairwise(small)]
    return touches(small, fps, bodies(small, fps, patches), patches)


def train(found: Sequence[Sequence[Touch]], true: Sequence[Sequence[float]], seed: int) -> Classifier:
    """The classifier of touches, from those of some clips and the seconds of the clips' true contacts."""
    pairs = [(touch, times) for some, times in zip(found, true, strict=True) for touch in some]
    right = [any(abs(time - touch.seconds) <= _TRUE for time in times) for touch, times in pairs]
    return fit(np.stack([touch.features for touch, _ in pairs]), np.array(right, np.int64), 2, seed)


def _parted(found: Sequence[Contact]) -> tuple[Contact, ...]:
    """Of contacts that cannot be told apart by ear the surest, at their mean time weighted by how sure they are."""
    kept: list[Contact] = []
    left = sorted(found, key=lambda one: -one.strength)
    while left:
        first = left[0]
        same = [one for one in left if abs(one.seconds - first.seconds) <= _APART]
        left = [one for one in left if one not in same]
        weights = np.array([one.strength for one in same])
        seconds = float(weights @ [one.seconds for one in same] / weights.sum())
        kept.append(Contact(seconds, first.kind, first.strength))
    return tuple(sorted(kept, key=lambda one: one.seconds))


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
