"""Edits: an instruction and the scenes that it leads from and to, differing in one thing only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar, get_args

import numpy as np

from assets.world.backdrops import THEMES
from assets.world.cast import Cast, natural
from assets.world.colours import COLOURS
from assets.world.draw import SEEDS, WHOLE, WorldOptions, draw, words
from assets.world.spec import SPLITS, InvalidSpec, Motion, ObjectSpec, WorldSpec

EditKind = Literal["recolour", "replace", "add", "remove", "background", "style", "text", "motion"]
EDITS: tuple[EditKind, ...] = get_args(EditKind)

_TRIES = 200
_PLAIN_STYLES = {"greyscale": "black and white", "sepia": "a sepia photograph", "night": "a scene at night"}
_MOTION_WORDS: dict[Motion, str] = {
    "left": "move to the left",
    "right": "move to the right",
    "rise": "rise",
    "fall": "fall down",
    "bounce": "bounce",
    "jump": "jump",
    "spin": "spin",
    "still": "stay still",
}

T = TypeVar("T")


@dataclass(frozen=True)
class Edit:
    """An instruction and the two scenes that it leads from and to.

    Attributes:
        before_index, after_index: The object that changes in either scene; None where it is not there.
    """

    kind: EditKind
    instruction: str
    before: WorldSpec
    after: WorldSpec
    before_index: int | None = None
    after_index: int | None = None


def draw_edit(seed: int, options: WorldOptions = WHOLE, kind: EditKind | None = None) -> Edit:
    """The edit of a seed, of a given kind or of any. The changed object meets no other, so nothing else changes.

    Raises:
        InvalidSpec: The options leave nothing to change in that way.
    """
    rng = np.random.default_rng([seed, SPLITS.index(options.split), 3])
    chosen = kind or EDITS[int(rng.integers(len(EDITS)))]
    apart = replace(options, meetings=0.0, offscreen=0.0, styles=0.0, text=0.0 if chosen == "text" else options.text)
    for attempt in range(_TRIES):
        before = draw((seed + attempt * 7_919_111) % SEEDS, apart)
        made = _EDITORS[chosen](_Draft(before, rng, apart))
        if made is not None:
            return made
    raise InvalidSpec(f"the options leave nothing for an edit of kind {chosen!r}: allow more kinds, colours or motions")


@dataclass(frozen=True)
class _Draft:
    """What an editor works on: the scene before, and lots to draw."""

    before: WorldSpec
    rng: np.random.Generator
    options: WorldOptions

    @property
    def cast(self) -> Cast:
        background = self.before.background
        avoid = background.colours + (THEMES[background.theme].colours if background.theme else ())
        return Cast(self.rng, self.options, self.before.seconds, avoid)

    def index(self) -> int | None:
        """One of the objects, none that leaves anything behind."""
        whole = [index for index, thing in enumerate(self.before.objects) if thing.motion != "explode"]
        return self.pick(whole) if whole else None

    def tracked(self, index: int) -> bool:
        """Whether the camera follows the object, so that changing its motion would change everything."""
        return index == 0 and self.before.camera.kind == "tracking"

    def named(self, index: int) -> str:
        """``the red frog``; with its colour only, as long as that tells it from the others."""
        thing = self.before.objects[index]
        return f"the {thing.colour} {thing.kind}" if thing.colour else f"the {thing.kind}"

    def single(self, index: int) -> bool:
        """Whether no other object goes by the same name."""
        thing = self.before.objects[index]
        return sum(other.kind == thing.kind for other in self.before.objects) == 1

    def with_object(self, index: int, thing: ObjectSpec) -> WorldSpec:
        """The scene with another object in that place."""
        things = list(self.before.objects)
        things[index] = thing
        return replace(self.before, objects=tuple(things))

    def pick(self, options: Sequence[T]) -> T:
        """One of several."""
        return options[int(self.rng.integers(len(options)))]


def _recolour(draft: _Draft) -> Edit | None:
    index = draft.index()
    if index is None or not draft.single(index):
        return None
    thing = draft.before.objects[index]
    colour = draft.cast.colour(thing)
    if colour is None:
        return None
    said = draft.pick(
        (
            f"make {draft.named(index)} {colour}",
            f"recolour {draft.named(index)} {colour}",
            f"turn {draft.named(index)} {colour}",
        )
    )
    return Edit("recolour", said, draft.before, draft.with_object(index, replace(thing, colour=colour)), index, index)


def _replace(draft: _Draft) -> Edit | None:
    index = draft.index()
    if index is None or draft.tracked(index) or not draft.single(index):
        return None
    thing = draft.before.objects[index]
    other = draft.cast.replacement(thing)
    if other is None:
        return None
    new = f"{other.colour} {other.kind}" if other.colour else other.kind
    said = draft.pick((f"replace {draft.named(index)} with a {new}", f"turn {draft.named(index)} into a {new}"))
    return Edit("replace", _articles(said), draft.before, draft.with_object(index, other), index, index)


def _add(draft: _Draft) -> Edit | None:
    thing = draft.cast.bystander(draft.before.objects)
    if thing.motion == "explode":
        return None
    name = f"{thing.colour} {thing.kind}" if thing.colour else thing.kind
    side = "in the middle" if abs(thing.x) < 0.16 else "on the left" if thing.x < 0 else "on the right"
    said = _articles(draft.pick((f"add a {name} {side}", f"put a {name} {side}")))
    things = draft.before.objects
    return Edit("add", said, draft.before, replace(draft.before, objects=(*things, thing)), None, len(things))


def _remove(draft: _Draft) -> Edit | None:
    index = draft.index()
    if index is None or draft.tracked(index) or not draft.single(index):
        return None
    things = draft.before.objects
    said = draft.pick((f"remove {draft.named(index)}", f"take {draft.named(index)} away"))
    return Edit(
        "remove", said, draft.before, replace(draft.before, objects=things[:index] + things[index + 1 :]), index
    )


def _background(draft: _Draft) -> Edit | None:
    old = draft.before.background
    used = {thing.colour or _natural_of(thing, draft.before.sprites) for thing in draft.before.objects}
    if old.theme is not None:
        themes = [name for name, theme in THEMES.items() if name != old.theme and not used & set(theme.colours)]
        if not themes:
            return None
        theme = draft.pick(themes)
        new = replace(old, theme=theme)
        said = draft.pick((f"change the place to {theme}", f"put the scene {THEMES[theme].phrase}"))
    else:
        colours = [name for name in COLOURS if name not in used and name not in old.colours]
        if not colours:
            return None
        colour = draft.pick(colours)
        new = replace(old, kind="plain", colours=(colour,))
        said = draft.pick((f"make the background {colour}", f"change the background to {colour}"))
    return Edit("background", said, draft.before, replace(draft.before, background=new))


def _style(draft: _Draft) -> Edit | None:
    style = draft.pick(tuple(_PLAIN_STYLES))
    said = draft.pick((f"make it look like {_PLAIN_STYLES[style]}", f"change the style to {_PLAIN_STYLES[style]}"))
    return Edit("style", said, draft.before, replace(draft.before, style=style))


def _text(draft: _Draft) -> Edit | None:
    first, second = words(draft.rng), words(draft.rng)
    if draft.rng.random() < 0.5:
        said = draft.pick((f'write "{first}" at the top', f'add the words "{first}"'))
        return Edit("text", said, draft.before, replace(draft.before, text=first))
    said = draft.pick((f'change the words "{first}" to "{second}"', f'let the sign read "{second}"'))
    return Edit("text", said, replace(draft.before, text=first), replace(draft.before, text=second))


def _motion(draft: _Draft) -> Edit | None:
    index = draft.index()
    if index is None or draft.tracked(index) or not draft.single(index):
        return None
    thing = draft.cast.moved(draft.before.objects[index], tuple(_MOTION_WORDS))
    if thing is None:
        return None
    does = _MOTION_WORDS[thing.motion]
    said = draft.pick((f"let {draft.named(index)} {does}", f"make {draft.named(index)} {does}"))
    return Edit("motion", said, draft.before, draft.with_object(index, thing), index, index)


_EDITORS: dict[EditKind, Callable[[_Draft], Edit | None]] = {
    "recolour": _recolour,
    "replace": _replace,
    "add": _add,
    "remove": _remove,
    "background": _background,
    "style": _style,
    "text": _text,
    "motion": _motion,
}


def _natural_of(thing: ObjectSpec, sprites: str | None) -> str:
    """What an object in its own colours looks like; a person like nothing in particular."""
    return "" if thing.identity is not None else natural(thing.kind, sprites)


def _articles(said: str) -> str:
    """``a`` before a vowel made ``an``."""
    each = said.split()
    pairs = zip(each, [*each[1:], ""], strict=True)
    return " ".join("an" if word == "a" and after[:1] in "aeiou" else word for word, after in pairs)
