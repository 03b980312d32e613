"""Sync: whether what is heard begins when something visibly lands, leaps or bursts, from pixels and samples alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.classifier import Classifier, fit
from assets.checkers.contacts import Contact, contacts
from assets.checkers.judgement import Judgement
from assets.checkers.onsets import Onset, onsets

Floats = NDArray[np.float64]

WEIGHTS = Path(__file__).parent / "weights" / "sync.safetensors"
DOUBTFUL = 0.2  # probability from which a contact is looked at
_FURTHEST, _STEP = 0.75, 0.005  # seconds: offsets that are tried
_TOGETHER = 0.06  # offset within which sound and picture are in sync
_BLUR = 0.03  # seconds: standard deviation of a contact's time
_FEATURES = 14


@dataclass(frozen=True)
class Sync(Judgement[bool]):
    """Whether picture and sound are in sync.

    Attributes:
        offset: Seconds by which the sound comes too late (negative: too early), where contacts and onsets fit best;
            None where nothing visibly happens or nothing is heard.
        fit: 0 to 1: how much of what visibly happens is then heard.
    """

    offset: float | None
    fit: float


def sync(frames: NDArray[np.uint8], fps: float, samples: NDArray[np.float32]) -> Sync:
    """The judgement of uint8 [F, H, W, 3] and float32 [S] at 48 kHz, before a camera at rest.

    Where nothing visibly happens nobody can say: the answer is then False with confidence 0.5.
    """
    return judged(contacts(frames, fps, DOUBTFUL), onsets(samples))


def judged(seen: Sequence[Contact], heard: Sequence[Onset]) -> Sync:
    """The judgement of contacts and onsets."""
    if not seen:
        return Sync(value=False, confidence=0.5, offset=None, fit=0.0)
    offsets, fits = _fits(seen, heard)
    best = int(np.argmax(fits - 1e-3 * np.abs(offsets)))
    chance = float(_loaded().probabilities(features(seen, heard)[None])[0, 1])
    return Sync(
        value=chance >= 0.5,
        confidence=max(chance, 1 - chance),
        offset=float(offsets[best]) if heard else None,
        fit=float(fits[best]),
    )


def features(seen: Sequence[Contact], heard: Sequence[Onset]) -> Floats:
    """What speaks for sync or against it, [14]: how well all fits as it is, and how well it would fit elsewhere."""
    offsets, fits = _fits(seen, heard)
    here = np.abs(offsets) <= _TOGETHER
    away = np.abs(offsets) >= 2 * _TOGETHER
    at_rest = int(np.argmax(np.where(here, fits, -1)))
    strengths = np.array([one.strength for one in seen])
    alike = _alike(seen, heard, offsets[at_rest : at_rest + 1])[0]
    sure = int(np.argmax(strengths))
    back = _alike_onsets(seen, heard, float(offsets[at_rest]))
    loud = np.array([one.strength for one in heard]) if heard else np.zeros(0)
    return np.array(
        [
            fits[at_rest],
            fits[away].max(),
            fits[at_rest] - fits[away].max(),
            fits.mean(),
            abs(offsets[at_rest]),
            alike[sure],
            strengths[sure],
            float((strengths * alike).max()),
            float(strengths.sum()),
            float((strengths * alike).sum()),
            float(len(heard)),
            float(loud @ back / loud.sum()) if len(loud) else 0.0,
            float((strengths * (1 - alike)).max()),
            float(np.log((1e-3 + fits[at_rest]) / (1e-3 + fits.mean()))),
        ]
    )


def train(pairs: Sequence[tuple[Sequence[Contact], Sequence[Onset], bool]], seed: int) -> Classifier:
    """The classifier of contacts and onsets that are in sync or are not."""
    some = [(features(seen, heard), right) for seen, heard, right in pairs if seen]
    return fit(np.stack([one for one, _ in some]), np.array([right for _, right in some], np.int64), 2, seed)


def _fits(seen: Sequence[Contact], heard: Sequence[Onset]) -> tuple[Floats, Floats]:
    """Offsets of the sound, and the share of the contacts, by their strength, that is heard if it is that late."""
    count = round(_FURTHEST / _STEP)
    offsets = np.arange(-count, count + 1).astype(np.float64) * _STEP
    strengths = np.array([one.strength for one in seen])
    return offsets, _alike(seen, heard, offsets) @ strengths / strengths.sum()


def _alike(seen: Sequence[Contact], heard: Sequence[Onset], offsets: Floats) -> Floats:
    """How near each contact's nearest onset is, 0 to 1, by offset [O, N]."""
    if not heard:
        return np.zeros((len(offsets), len(seen)))
    due = np.array([one.seconds for one in seen])[None, :, None] + offsets[:, None, None]
    gaps = np.abs(due - np.array([one.seconds for one in heard]))
    return np.asarray(np.exp(-0.5 * (gaps.min(axis=2) / _BLUR) ** 2))


def _alike_onsets(seen: Sequence[Contact], heard: Sequence[Onset], offset: float) -> Floats:
    """How near each onset's nearest contact is, 0 to 1, [M], weighted by how sure that is."""
    if not heard:
        return np.zeros(0)
    gaps = np.array([one.seconds for one in heard])[:, None] - offset - np.array([one.seconds for one in seen])
    strengths = np.array([one.strength for one in seen])
    return np.asarray((strengths * np.exp(-0.5 * (gaps / _BLUR) ** 2)).max(axis=1))


@cache
def _loaded() -> Classifier:
    return Classifier.load(WEIGHTS)
