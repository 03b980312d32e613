"""The store of rendered scenes: made once, in parts, so that a training which is killed begins where it was."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.checkers.contrastive.scenes import Example, scene
from assets.checkers.contrastive.statements import Facts, Statement
from models.files import atomic_path, write_json

FIRST_SEED = 400_000
_SCENES = 128  # of a part
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Texts:
    """What is said of one clip: see ``scenes.Example``."""

    facts: Facts
    short: tuple[str, ...]
    long: str | None
    statements: tuple[tuple[Statement, str], ...]


class Store:
    """Clips and their texts under a folder. Clips 2 i and 2 i + 1 are the two of scene i.

    Args:
        folder: Of the parts; those that are there are not made again.
        scenes: How many; a multiple of 128.
        progress: Told what, done, of how many.

    Attributes:
        texts: Of each clip.
    """

    def __init__(self, folder: Path, scenes: int, progress: Progress) -> None:
        if scenes < 1 or scenes % _SCENES:
            raise ValueError(f"scenes is {scenes}: give a multiple of {_SCENES}")
        self.texts: list[Texts] = []
        self._parts: list[NDArray[np.uint8]] = []
        for part in range(scenes // _SCENES):
            pixels, said = folder / f"frames-{part:04d}.npy", folder / f"texts-{part:04d}.json"
            if not said.exists() or not pixels.exists():
                _make(range(part * _SCENES, (part + 1) * _SCENES), pixels, said)
            self._parts.append(np.load(pixels, mmap_mode="r"))
            self.texts += [_read(row) for row in json.loads(said.read_text(encoding="utf-8"))]
            progress("rendering scenes", (part + 1) * _SCENES, scenes)

    def frames(self, clips: Sequence[int]) -> NDArray[np.uint8]:
        """uint8 [B, 8, 64, 64, 3] of clips by number."""
        each = 2 * _SCENES
        return np.stack([self._parts[clip // each][clip % each] for clip in clips])


def _make(scenes: range, pixels: Path, said: Path) -> None:
    examples = [example for number in scenes for example in scene(FIRST_SEED + number)]
    with atomic_path(pixels) as temporary:
        np.save(temporary, np.stack([example.frames for example in examples]))
    write_json(said, [_row(example) for example in examples])


def _row(example: Example) -> dict[str, object]:
    return {
        "facts": asdict(example.facts),
        "short": example.short,
        "long": example.long,
        "statements": [[asdict(statement), text] for statement, text in example.statements],
    }


def _read(row: dict[str, object]) -> Texts:
    known = row["facts"]
    assert isinstance(known, dict)
    things = tuple((kind, dye, own, motion) for kind, dye, own, motion in known["things"])
    short, statements, long = row["short"], row["statements"], row["long"]
    assert isinstance(short, list)
    assert isinstance(statements, list)
    assert long is None or isinstance(long, str)
    return Texts(
        facts=Facts(things, known["place"], known["camera"], known["style"]),
        short=tuple(short),
        long=long,
        statements=tuple((Statement(**statement), text) for statement, text in statements),
    )
