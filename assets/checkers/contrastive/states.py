"""The texts' token states: MiniLM is frozen, so each text is read once and its states are kept as float16."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.files import atomic_path, sha256_json
from models.precision import autocast

_TEXTS = 2048  # of a part
Progress = Callable[[str, int, int], None]


class TextStates:
    """Token states of a fixed list of texts.

    Args:
        folder: Of the parts; those that are there, for the same texts, are not made again.
        texts: Every text that will be asked for, in any number of repetitions.
        progress: Told what, done, of how many.
    """

    def __init__(self, folder: Path, texts: Iterable[str], progress: Progress) -> None:
        self._place: dict[str, tuple[int, int, int]] = {}  # part, first row, last row
        self._parts: list[NDArray[np.float16]] = []
        distinct = list(dict.fromkeys(texts))
        for number, start in enumerate(range(0, len(distinct), _TEXTS)):
            part = distinct[start : start + _TEXTS]
            name = sha256_json(part)[:16]
            states, lengths = folder / f"states-{name}.npy", folder / f"lengths-{name}.npy"
            if not lengths.exists() or not states.exists():
                _make(part, states, lengths)
            ends = np.cumsum(np.load(lengths))
            begins = np.concatenate([[0], ends[:-1]])
            self._place |= {
                text: (number, int(first), int(last)) for text, first, last in zip(part, begins, ends, strict=True)
            }
            self._parts.append(np.load(states, mmap_mode="r"))
            progress("reading texts", start + len(part), len(distinct))

    def of(self, texts: Sequence[str]) -> list[NDArray[np.float16]]:
        """States [L, 384] of each text. Raises KeyError for one that was not announced."""
        places = [self._place[text] for text in texts]
        return [np.asarray(self._parts[part][first:last]) for part, first, last in places]


def _make(texts: Sequence[str], states: Path, lengths: Path) -> None:
    from models.contrastive.reading import packaged_reader

    with autocast():  # twice as fast, and the states are rounded anyway
        read = packaged_reader().states(texts)
    with atomic_path(states) as temporary:
        np.save(temporary, np.concatenate(read).astype(np.float16))
    with atomic_path(lengths) as temporary:
        np.save(temporary, np.array([len(each) for each in read]))
