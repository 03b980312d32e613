"""Training of the judge of sync: ``python -m assets.checkers.sync_train``. Equal seeds give equal weights.

Touches become contacts by one classifier, contacts and onsets become a judgement by another. The second one must learn
from contacts as they are found in clips that the first has not seen: each half of the cases is judged by a classifier
that learnt from the other half. Half of the cases have been through the codecs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers import contacts, sync
from assets.checkers.classifier import Classifier
from assets.checkers.coded import coded, coded_sound
from assets.checkers.onsets import Onset, onsets
from assets.checkers.sync_cases import Case, cases
from assets.checkers.touches import Touch

SEED = 0
_CASES, _FIRST = 600, 3_000


@dataclass(frozen=True, eq=False)
class Seen:
    """A case as it is judged: touches, true contacts, and onsets with whether they are in sync."""

    touched: list[Touch]
    visible: tuple[float, ...]
    heard: tuple[tuple[tuple[Onset, ...], bool], ...]


def main() -> None:
    """Train both classifiers and write them beside the package."""
    import torch

    torch.set_num_threads(1)  # one order of sums
    seen = [as_seen(case) for case in cases(_CASES, "train", _FIRST)]
    of_contacts, of_sync = trained(seen, SEED)
    of_contacts.save(contacts.WEIGHTS)
    of_sync.save(sync.WEIGHTS)


def trained(seen: Sequence[Seen], seed: int) -> tuple[Classifier, Classifier]:
    """The classifier of contacts, from all cases, and that of sync."""
    half = len(seen) // 2
    pairs = []
    for learnt, judged in ((seen[:half], seen[half:]), (seen[half:], seen[:half])):
        classifier = _of_contacts(learnt, seed)
        for one in judged:
            found = contacts.judged(one.touched, classifier, sync.DOUBTFUL)
            pairs += [(found, heard, right) for heard, right in one.heard]
    return _of_contacts(seen, seed), sync.train(pairs, seed)


def _of_contacts(seen: Sequence[Seen], seed: int) -> Classifier:
    return contacts.train([one.touched for one in seen], [one.visible for one in seen], seed)


def as_seen(case: Case) -> Seen:
    """A case as rendered, or after the codecs."""
    sounds = (case.samples, case.shifted, case.exchanged)
    if case.seed // 2 % 2:
        return _seen(case, coded(case.frames, case.fps), [coded_sound(samples) for samples in sounds])
    return _seen(case, case.frames, sounds)


def _seen(case: Case, frames: NDArray[np.uint8], sounds: Sequence[NDArray[np.float32]]) -> Seen:
    heard = tuple((onsets(samples), right) for samples, right in zip(sounds, (True, False, False), strict=True))
    return Seen(contacts.touched(frames, case.fps), case.visible, heard)


if __name__ == "__main__":
    main()
