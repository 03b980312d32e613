"""Drawing lots: every record of a corpus of a given size, from a corner of the world."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from assets.sandbox_corpus.record import KINDS, Kind, Record
from assets.world.captions import long, short
from assets.world.draw import WorldOptions, draw
from assets.world.edits import draw_edit
from assets.world.pairs import draw_same_person
from assets.world.physics import simulate
from assets.world.spec import WorldSpec
from models.recipes import FPS, CorpusSize, CorpusWorld, Split

SECONDS = 2.0  # of the action as it is specified; ``assets.world.lasting`` spreads it over another time
_SPLITS: tuple[Split, ...] = ("train", "validation")
_VALIDATION = 1 << 30  # validation seeds start here, above every training seed
_ROOM = 1 << 26  # seeds of one kind and split


def records(size: CorpusSize, world: CorpusWorld) -> Iterator[Record]:
    """Every record of a corpus, in order of id. A bigger corpus begins with the smaller one, kind by kind."""
    counts: dict[Kind, int] = {
        "editing": size.pairs,
        "image": size.images,
        "personalization": size.pairs,
        "sound": size.sounds,
        "video": size.videos,
    }
    for kind, train in counts.items():
        for split in _SPLITS:
            for index in range(train if split == "train" else size.validation):
                yield record(kind, split, index, world)


def record(kind: Kind, split: Split, index: int, world: CorpusWorld) -> Record:
    """Clip number ``index`` of one kind and split. The same arguments always give the same record.

    Raises:
        InvalidSpec: Nothing in the world's corner fits.
    """
    seed = seed_of(kind, split, index)
    options = corner(world, split)
    before = reference = None
    match kind:
        case "image":
            # One frame, at rest: what moves begins elsewhere, which a picture's caption does not say.
            spec = draw(seed, replace(options, seconds=(1 / FPS, 1 / FPS), motions=("still",)))
        case "personalization":
            spec, reference = draw_same_person(seed, options, 2)
        case "editing":
            edit = draw_edit(seed, options, world.edits[index % len(world.edits)])
            spec, before, instruction = edit.after, edit.before, edit.instruction
        case _:
            spec = draw(seed, options)
    brief, full = _captions(spec, moving=kind != "image")
    said = instruction if kind == "editing" else _said(seed, kind, world, brief, full)
    return Record(f"{kind}-{split}-{index:06d}", kind, split, seed, said, brief, full, spec, before, reference)


def seed_of(kind: Kind, split: Split, index: int) -> int:
    """The seed of a record: no two records share one.

    Raises:
        ValueError: There is no room for so many clips.
    """
    if not 0 <= index < _ROOM:
        raise ValueError(f"clip number {index} is outside 0..{_ROOM - 1}")
    return KINDS.index(kind) * _ROOM + index + (_VALIDATION if split == "validation" else 0)


def corner(world: CorpusWorld, split: Split) -> WorldOptions:
    """What may be drawn: a recipe's plain values as options of the world."""
    return WorldOptions(
        split=split,
        seconds=(SECONDS, SECONDS),
        objects=world.objects,
        kinds=world.kinds,
        sizes=world.sizes,
        motions=world.motions,
        cameras=("static",),
        backgrounds=world.backgrounds,
        own_colours=world.own_colours,
        people=world.people,
        meetings=world.meetings,
        wander=world.wander,
        text=0.0,
        styles=0.0,
        offscreen=0.0,
    )


def _captions(spec: WorldSpec, *, moving: bool) -> tuple[str, str]:
    done = simulate(spec, spec.seconds)
    return short(spec, done, moving=moving), long(spec, done, moving=moving)


def _said(seed: int, kind: Kind, world: CorpusWorld, brief: str, full: str) -> str:
    """The caption for training. A person's looks, which the long one tells, are left to the reference picture."""
    told = kind != "personalization" and np.random.default_rng([seed, 19]).random() < world.long_captions
    return full if told else brief
