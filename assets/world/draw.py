"""Drawing lots: a random specification of the world, from one big thing on a plain ground to the whole of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from assets.world.backdrops import THEMES, VARIANTS
from assets.world.cast import Cast
from assets.world.colours import COLOURS
from assets.world.combinations import held_out
from assets.world.spec import (
    BACKGROUNDS,
    CAMERAS,
    MOTIONS,
    SIZES,
    SPLITS,
    BackgroundKind,
    BackgroundSpec,
    CameraClass,
    CameraSpec,
    InvalidSpec,
    Motion,
    ObjectSpec,
    Size,
    Split,
    WorldSpec,
)

SEEDS = 1 << 31
_STYLES = ("greyscale", "sepia", "night")
_WORDS = (
    *("SALE", "OPEN", "HELLO", "MAGIC", "SUMMER", "GO", "NEW", "WOW", "PARTY", "STAR", "LUCKY", "FREE", "HAPPY"),
    *("WINTER", "MUSIC", "RACE", "JUMP", "STOP", "DANGER", "WELCOME", "BONUS", "LEVEL", "COFFEE", "MARKET", "GAME"),
)
_CONSONANTS, _VOWELS = "BDFGKLMNPRSTVZ", "AEIOU"
_TRIES = 400

T = TypeVar("T")


@dataclass(frozen=True)
class WorldOptions:
    """What may be drawn. The defaults are the whole world; ``EASY`` is its simplest corner.

    Attributes:
        split: Training sees no held-out combination and no held-out person; ``validation`` has the same combinations,
            but new people; in ``unseen`` the first object shows a held-out combination.
        seconds: Shortest and longest action, drawn in steps of half a second.
        objects: Fewest and most objects.
        kinds: Names of kinds; empty for all.
        colours, sizes, motions, cameras, backgrounds: What to choose from. Any camera but ``static`` needs a
            ``layered`` background, where it can be told from others.
        own_colours: Probability that a thing keeps its own colours.
        people: Probability that the first object is a person with an identity.
        text: Probability of words over the picture.
        styles: Probability of a look laid over the whole picture.
        offscreen: Probability of one more thing that happens outside the picture.
        meetings: Probability that the first object meets another one, where it can.
        wander: How far from its usual place a thing may begin; captions hardly say, and 0 leaves nothing open.
        sprites: Folder of the user's own PNGs.
    """

    split: Split = "train"
    seconds: tuple[float, float] = (2.0, 4.0)
    objects: tuple[int, int] = (1, 4)
    kinds: tuple[str, ...] = ()
    colours: tuple[str, ...] = COLOURS
    sizes: tuple[Size, ...] = SIZES
    motions: tuple[Motion, ...] = MOTIONS
    cameras: tuple[CameraClass, ...] = CAMERAS
    backgrounds: tuple[BackgroundKind, ...] = BACKGROUNDS
    own_colours: float = 0.25
    people: float = 0.25
    text: float = 0.2
    styles: float = 0.08
    offscreen: float = 0.1
    meetings: float = 0.4
    wander: float = 1.0
    sprites: str | None = None

    def __post_init__(self) -> None:
        if "layered" not in self.backgrounds and "static" not in self.cameras:
            raise InvalidSpec("cameras without 'static' need the background 'layered': nothing else shows their motion")
        if self.split not in SPLITS:
            raise InvalidSpec(f"split {self.split!r} is none of {', '.join(SPLITS)}")
        if not 0 <= self.objects[0] <= self.objects[1] <= 12:
            raise InvalidSpec(f"objects is {self.objects}: fewest and most, 0 to 12")
        if not 0 <= self.wander <= 1:
            raise InvalidSpec(f"wander is {self.wander}: a share of what the world allows, 0 to 1")


EASY = WorldOptions(
    objects=(1, 1),
    sizes=("big",),
    cameras=("static",),
    backgrounds=("plain",),
    people=0.0,
    text=0.0,
    styles=0.0,
    offscreen=0.0,
    meetings=0.0,
)
WHOLE = WorldOptions()


def draw(seed: int, options: WorldOptions = WHOLE) -> WorldSpec:
    """The specification of a seed. The same arguments give the same specification on every machine.

    Args:
        seed: 0 to 2^31 - 1; splits never share a clip, whatever the seed.
        options: What may be drawn.

    Raises:
        InvalidSpec: The seed is out of bounds, or nothing fits the options.
    """
    if not 0 <= seed < SEEDS:
        raise InvalidSpec(f"seed {seed} is outside 0..{SEEDS - 1}")
    rng = np.random.default_rng([seed, SPLITS.index(options.split)])
    low, high = options.seconds
    seconds = low if high - low < 0.5 else low + 0.5 * int(rng.integers(int((high - low) / 0.5) + 1))
    background = _background(rng, options)
    if background.kind == "layered":
        kind = _pick(rng, options.cameras)
        strength = round(float(rng.uniform(0.6, 1.0)), 3)
    else:
        kind, strength = "static", 1.0
    avoid = background.colours + (THEMES[background.theme].colours if background.theme else ())
    cast = Cast(rng, options, seconds, avoid)
    count = int(rng.integers(options.objects[0], options.objects[1] + 1))
    count = max(count, int(kind == "tracking"))  # it has something to follow
    return WorldSpec(
        seed=seed,
        split=options.split,
        seconds=seconds,
        objects=_objects(cast, rng, options, count, tracked=kind == "tracking"),
        background=background,
        camera=CameraSpec(kind, strength if kind != "static" else 1.0),
        style=_pick(rng, _STYLES) if rng.random() < options.styles else "natural",
        text=words(rng) if rng.random() < options.text else None,
        sprites=options.sprites,
    )


def _objects(
    cast: Cast, rng: np.random.Generator, options: WorldOptions, count: int, *, tracked: bool
) -> tuple[ObjectSpec, ...]:
    if not count:
        return ()
    things = [_first(cast, options, tracked=tracked)]
    if count > 1 and rng.random() < options.meetings:
        met = cast.partner(things[0])
        if met is not None:
            things.append(met)
    while len(things) < count:
        things.append(cast.bystander(things))
    if rng.random() < options.offscreen:
        things.append(cast.outsider(len(things)))
    return tuple(things)


def _first(cast: Cast, options: WorldOptions, *, tracked: bool) -> ObjectSpec:
    for _ in range(_TRIES):
        thing = cast.protagonist(tracked=tracked)
        if thing is not None and (options.split != "unseen" or held_out(thing)):
            return thing
    raise InvalidSpec(
        "no object fits the options: allow more kinds, colours or motions"
        + (" (a tracking camera needs 'left' or 'right')" if tracked else "")
    )


def _background(rng: np.random.Generator, options: WorldOptions) -> BackgroundSpec:
    others = tuple(kind for kind in options.backgrounds if kind != "layered")
    only_layered = not others or "static" not in options.cameras
    if "layered" in options.backgrounds and (only_layered or rng.random() < 0.7):
        theme = _pick(rng, tuple(THEMES))
        return BackgroundSpec("layered", (), theme, int(rng.integers(VARIANTS)), round(float(rng.integers(16)) / 16, 4))
    kind = _pick(rng, others)
    colours = rng.permutation(len(COLOURS))[: 1 if kind == "plain" else 2]
    return BackgroundSpec(kind, tuple(COLOURS[int(index)] for index in colours))


def words(rng: np.random.Generator) -> str:
    """A word of the list, or one that nobody has seen, in capitals."""
    if rng.random() < 0.5:
        return _pick(rng, _WORDS)
    letters = (_pick(rng, _VOWELS if place % 2 else _CONSONANTS) for place in range(int(rng.integers(3, 7))))
    return "".join(letters)


def _pick(rng: np.random.Generator, options: Sequence[T]) -> T:
    return options[int(rng.integers(len(options)))]
