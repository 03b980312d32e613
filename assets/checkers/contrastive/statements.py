"""Statements: short texts that say a part of what a clip shows, and whether they are true of it.

A text that names a frog in a desert is true of more clips than the one that it was written for. Training that takes all
others for wrong would teach that frogs are unlike frogs, so each text is compared with the facts of each clip.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from assets.checkers.vocabulary import DYES, KINDS
from assets.world.captions import STYLE_PHRASES, camera_phrases, doing
from assets.world.cast import natural
from assets.world.kinds import BY_NAME, PERSON
from assets.world.render import RenderedClip
from assets.world.spec import CAMERAS, MOTIONS, CameraClass
from assets.world.truth import Track

STYLES = {"natural": "in natural colours", **STYLE_PHRASES}
HAPPENINGS: tuple[str, ...] = (*MOTIONS, "pushed", "collected")
_STYLES = tuple(STYLES)
_SEEN = 0.3  # share of a thing that must be seen, and inside the frame, ...
_LONG = 0.4  # ... in this share of the frames, for a text that names it to be true
_NEAR = {"left": "throw left", "right": "throw right", "fall": "bounce"}  # too alike for either to be called wrong


@dataclass(frozen=True)
class Statement:
    """What a text says; None where it says nothing.

    Attributes:
        kind, colour, motion: Of one thing, which has all that is said.
        place: As ``captions.where`` says it.
        camera: Class of the camera's motion.
        style: Of ``STYLES``: the look laid over the whole picture.
    """

    kind: str | None = None
    colour: str | None = None
    motion: str | None = None
    place: str | None = None
    camera: CameraClass | None = None
    style: str | None = None

    def text(self, rng: np.random.Generator) -> str:
        """The statement in one of its wordings."""
        parts = []
        if self.kind or self.colour or self.motion:
            thing = self.kind or "thing"
            named = f"{self.colour} {thing}" if self.colour else thing
            parts.append(f"{'an' if named[0] in 'aeiou' else 'a'} {named}")
        if self.motion:
            manner = BY_NAME[self.kind].manner if self.kind in BY_NAME else "walk" if self.kind == PERSON else "fixed"
            parts[-1] += f" {doing(manner, self.motion, rng)}" if self.motion != "still" else " stays still"
        if self.place:
            parts.insert(int(rng.integers(len(parts) + 1)), self.place)
        said = (
            (" " if rng.random() < 0.5 else ", ").join(parts) if parts and parts[0] != self.place else ", ".join(parts)
        )
        if self.style:
            said = f"{said or 'a scene'} {STYLES[self.style]}"
        if self.camera is None:
            return said
        if rng.random() < 0.5:  # as curation writes it before a caption
            return f"{self.camera.capitalize()}. {said}".removesuffix(" ")
        phrases = camera_phrases(self.camera)
        moved = phrases[int(rng.integers(len(phrases)))]
        return f"{said}. {moved}." if said else f"{moved}."


@dataclass(frozen=True)
class Facts:
    """What a clip shows.

    Attributes:
        things: (kind, dye, natural colour, motion) of each thing that is seen well; dye None leaves its own colours.
        place, camera, style: As in ``Statement``.
    """

    things: tuple[tuple[str, str | None, str | None, str], ...]
    place: str
    camera: CameraClass
    style: str = "natural"


def facts(clip: RenderedClip, place: str) -> Facts:
    """The facts of a rendering."""
    things = tuple(
        (
            track.kind,
            track.colour,
            None if track.kind == PERSON else natural(track.kind, clip.spec.sprites),
            track.motion,
        )
        for track in clip.truth.tracks
        if _in_sight(track)
    )
    return Facts(things, place, clip.spec.camera.kind, clip.spec.style)


def truths(statements: Sequence[Statement], clips: Sequence[Facts]) -> NDArray[np.int8]:
    """Whether each statement is true of each clip, [S, C]: 1 true, 0 false, -1 open to dispute.

    In dispute is a colour that a thing has by nature, undyed, and one of two motions that look much alike.
    """
    places = {place: number for number, place in enumerate(dict.fromkeys(clip.place for clip in clips))}
    said = np.array([_coded(statement, places) for statement in statements], np.int64).reshape(-1, 6)
    most = max((len(clip.things) for clip in clips), default=0)
    shown = np.full((len(clips), max(most, 1), 4), -9, np.int64)  # -9: no thing, which nothing is true of
    for row, clip in zip(shown, clips, strict=True):
        for cell, (kind, dye, own, motion) in zip(row, clip.things, strict=False):
            cell[:] = KINDS.index(kind), _index(DYES, dye), _index(DYES, own), HAPPENINGS.index(motion)
    about = said[:, None, None]  # [S, 1, 1, 6]
    there = shown[None, ..., 0] != -9
    kind = (about[..., 0] == -1) | (about[..., 0] == shown[..., 0])
    dyed = (about[..., 1] == -1) | (about[..., 1] == shown[..., 1])
    coloured = dyed | ((shown[..., 1] == -1) & (about[..., 1] == shown[..., 2]))
    moves = (about[..., 2] == -1) | (about[..., 2] == shown[..., 3])
    alike = moves | _ALIKE[about[..., 2], np.maximum(shown[..., 3], 0)]
    nobody = (said[:, :3] == -1).all(axis=1)[:, None]
    surely = nobody | (there & kind & dyed & moves).any(axis=2)
    maybe = nobody | (there & kind & coloured & alike).any(axis=2)
    around = np.full((len(said), len(clips)), fill_value=True)
    for column, of_clip in enumerate(
        (
            [places[clip.place] for clip in clips],
            [CAMERAS.index(clip.camera) for clip in clips],
            [_index(_STYLES, clip.style) for clip in clips],
        ),
        start=3,
    ):
        around &= (said[:, None, column] == -1) | (said[:, None, column] == np.array(of_clip, np.int64))
    return np.where(surely & around, 1, np.where(maybe & around, -1, 0)).astype(np.int8)


def changed(
    statement: Statement, rng: np.random.Generator, places: Sequence[str], name: str | None = None
) -> Statement:
    """The statement with one of its fields put wrong: ``name``, or any that it has."""
    options = {"kind": KINDS, "colour": DYES, "motion": MOTIONS, "place": places, "camera": CAMERAS, "style": _STYLES}
    said = {field.name: getattr(statement, field.name) for field in fields(statement)}
    named = [name for name, value in said.items() if value is not None]
    name = name or named[int(rng.integers(len(named)))]
    others = [value for value in options[name] if value != said[name]]
    if name in {"motion", "camera"}:
        mirrored = _mirrored(str(said[name]))
        if mirrored in others and rng.random() < 0.5:
            others = [mirrored]
    return Statement(**{**said, name: others[int(rng.integers(len(others)))]})


def drawn(clip: Facts, rng: np.random.Generator) -> Statement:
    """A true statement about a clip, of one to all of its fields."""
    while True:
        thing = clip.things[int(rng.integers(len(clip.things)))] if clip.things else None
        kind, dye, _, motion = thing or (None, None, None, None)
        keep = rng.random(6) < (0.6, 0.6, 0.5, 0.4, 0.3, 0.2)
        statement = Statement(
            kind if keep[0] else None,
            dye if keep[1] else None,
            motion if keep[2] else None,
            clip.place if keep[3] else None,
            clip.camera if keep[4] else None,
            clip.style if keep[5] else None,
        )
        if statement != Statement():
            return statement


WORDINGS = 4
SORTS = ("kind", "colour", "motion", "place", "camera", "style")


def vocabulary(places: Sequence[str], wording: int) -> tuple[tuple[tuple[Statement, str], ...], ...]:
    """Statements of a single word, sort by sort, with their texts: kinds, colours, motions, places, cameras, styles.

    Args:
        places: To be named.
        wording: 0 to ``WORDINGS`` - 1.
    """
    sorts: tuple[tuple[Statement, ...], ...] = (
        tuple(Statement(kind=kind) for kind in KINDS),
        tuple(Statement(colour=colour) for colour in DYES),
        tuple(Statement(motion=motion) for motion in HAPPENINGS),
        tuple(Statement(place=place) for place in places),
        tuple(Statement(camera=camera) for camera in CAMERAS),
        tuple(Statement(style=style) for style in _STYLES),
    )
    return tuple(tuple((each, each.text(np.random.default_rng(wording))) for each in sort) for sort in sorts)


def namings(statements: Sequence[Statement], words: Sequence[Statement]) -> NDArray[np.int8]:
    """Which words, all of one sort, each statement names, [S, V]: 1 for those, else 0."""
    (sort,) = {name for word in words for name in SORTS if getattr(word, name) is not None}
    table = [[getattr(said, sort) == getattr(word, sort) for word in words] for said in statements]
    return np.array(table, np.int8).reshape(len(statements), len(words))


def _mirrored(name: str) -> str:
    for one, other in (("left", "right"), ("up", "down"), (" in", " out"), ("rise", "fall"), ("push", "pull")):
        if one in name:
            return name.replace(one, other).replace("push out", "pull out")
        if other in name:
            return name.replace(other, one).replace("pull in", "push in")
    return name


def _in_sight(track: Track) -> bool:
    return float(((track.seen >= _SEEN) & (track.inside >= _SEEN)).mean()) >= _LONG


def _index(names: Sequence[str], name: str | None) -> int:
    return -1 if name is None else names.index(name)


def _coded(statement: Statement, places: dict[str, int]) -> tuple[int, ...]:
    return (
        _index(KINDS, statement.kind),
        _index(DYES, statement.colour),
        _index(HAPPENINGS, statement.motion),
        -1 if statement.place is None else places.get(statement.place, -2),  # -2: nowhere among these clips
        _index(CAMERAS, statement.camera),
        _index(_STYLES, statement.style),
    )


def _alike() -> NDArray[np.bool_]:
    table = np.zeros((len(HAPPENINGS), len(HAPPENINGS)), bool)
    for one, other in _NEAR.items():
        first, second = HAPPENINGS.index(one), HAPPENINGS.index(other)
        table[first, second] = table[second, first] = True
    return table


_ALIKE = _alike()
