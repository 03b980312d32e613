"""Drawing lots: a random, exactly captioned clip specification of each kind."""

from dataclasses import replace

import numpy as np

from assets.corpus import captions
from assets.corpus.motion import events
from assets.corpus.palette import COLOURS
from assets.corpus.scene import KINDS, MOTIONS, SHAPES, SIZES, ClipSpec, Figure, Identity, Kind, Scene, Split
from assets.corpus.shapes import SKINS

_RADIUS = {"small": (0.19, 0.21), "big": (0.29, 0.32)}  # shares of the short side
# A caption leaves little open: what is not said to be elsewhere is in the middle. A model of minutes then need not
# settle by chance where to put things, which is what it learns last.
_MIDDLE = (0.42, 0.58)
_PLACES = ((0.06, 0.16), _MIDDLE, (0.84, 0.94))  # left, middle, right
_PERSON_RADIUS = (0.27, 0.34)
_ROUND = ("circle", "ring")  # their spin would not be seen
_VALIDATION = 1 << 30  # validation seeds start here, above every training seed
_PATTERNS = ("plain", "stripes", "dots")


def seed_of(split: Split, index: int) -> int:
    """The seed of a split's clip number ``index``: no seed belongs to both splits."""
    if not 0 <= index < _VALIDATION:
        raise ValueError(f"clip number {index} is outside 0..{_VALIDATION - 1}")
    return index + (_VALIDATION if split == "validation" else 0)


def draw(kind: Kind, split: Split, index: int, *, seconds: float = 2.0) -> ClipSpec:
    """Clip number ``index`` of one kind and split. The same arguments always give the same specification.

    Args:
        kind: What sort of clip.
        split: Training and validation never share a seed.
        index: From 0.
        seconds: Time of the whole motion.
    """
    seed = seed_of(split, index)
    rng = np.random.default_rng([seed, KINDS.index(kind)])
    match kind:
        case "image":
            place = _PLACES[int(rng.integers(len(_PLACES)))]
            scene = replace(_scene(rng, seconds), motion="still", x=_between(rng, *place))
            caption = captions.choose(rng, captions.captions(scene, moving=False))
            return ClipSpec(kind, split, seed, caption, scene)
        case "personalization":
            return _personalization(rng, split, seed, seconds)
        case "editing":
            return _editing(rng, split, seed, seconds)
        case _:
            scene = _scene(rng, seconds)
            heard = kind == "sound" and rng.random() < 0.7
            caption = captions.choose(rng, captions.captions(scene, moving=True, heard=heard))
            return ClipSpec(kind, split, seed, caption, scene, events(scene, seconds))


def lasting(spec: ClipSpec, seconds: float) -> ClipSpec:
    """The same clip with its motion spread over another time."""
    scene = replace(spec.scene, seconds=seconds)
    before = replace(spec.before, seconds=seconds) if spec.before else None
    heard = () if spec.kind == "image" else events(scene, seconds)
    return replace(spec, scene=scene, before=before, events=heard)


def _pick(rng: np.random.Generator, options: tuple[str, ...], *, but: tuple[str, ...] = ()) -> str:
    left = [option for option in options if option not in but]
    return left[int(rng.integers(len(left)))]


def _between(rng: np.random.Generator, low: float, high: float) -> float:
    return round(float(rng.uniform(low, high)), 4)


def _scene(rng: np.random.Generator, seconds: float) -> Scene:
    background = _pick(rng, COLOURS)
    size = _pick(rng, SIZES)
    shape = _pick(rng, SHAPES)
    motion = _pick(rng, MOTIONS, but=("spins",) if shape in _ROUND else ())
    return Scene(
        background=background,
        shade=_between(rng, -0.1, 0.1),
        figure=Figure(shape, _pick(rng, COLOURS, but=(background,)), size, _between(rng, *_RADIUS[size])),
        motion=motion,
        x=_between(rng, *_MIDDLE),
        y=_between(rng, *_MIDDLE),
        turns=2 if motion == "bounces" else 1,
        seconds=seconds,
    )


def _personalization(rng: np.random.Generator, split: Split, seed: int, seconds: float) -> ClipSpec:
    background = _pick(rng, COLOURS)
    identity = _identity(rng, background)
    motion = _pick(rng, MOTIONS, but=("spins",))
    figure = Figure("person", identity.shirt, "big", _between(rng, *_PERSON_RADIUS), identity=identity)
    place = (_between(rng, *_MIDDLE), _between(rng, *_MIDDLE))
    scene = Scene(background, _between(rng, -0.1, 0.1), figure, motion, *place, 2, seconds)
    # Cross-paired: nothing but the identity is common to the clip and its reference.
    other = replace(figure, radius=_between(rng, 0.34, 0.46), tilt=_between(rng, -0.35, 0.35))
    elsewhere = _pick(rng, COLOURS, but=(background, identity.hair, identity.shirt))
    reference = Scene(
        elsewhere, _between(rng, -0.1, 0.1), other, "still", _between(rng, 0, 1), _between(rng, 0, 1), 1, seconds
    )
    caption = captions.choose(rng, captions.captions(scene, moving=True))
    return ClipSpec("personalization", split, seed, caption, scene, events(scene, seconds), reference=reference)


def _identity(rng: np.random.Generator, background: str) -> Identity:
    hair = _pick(rng, COLOURS, but=(background,))
    shirt = _pick(rng, COLOURS, but=(background, hair))
    return Identity(
        skin=int(rng.integers(len(SKINS))),
        hair=hair,
        shirt=shirt,
        trim=_pick(rng, COLOURS, but=(background, shirt)),
        pattern=_pick(rng, _PATTERNS),
        long_hair=bool(rng.integers(2)),
    )


def _editing(rng: np.random.Generator, split: Split, seed: int, seconds: float) -> ClipSpec:
    before = _scene(rng, seconds)
    figure = before.figure
    match _pick(rng, ("colour", "background", "size", "shape")):
        case "colour":
            colour = _pick(rng, COLOURS, but=(before.background, figure.colour))
            after = replace(before, figure=replace(figure, colour=colour))
            instructions = (
                f"make the {figure.shape} {colour}",
                f"change the {figure.colour} {figure.shape} to {colour}",
                f"recolour the {figure.shape} {colour}",
            )
        case "background":
            background = _pick(rng, COLOURS, but=(before.background, figure.colour))
            after = replace(before, background=background)
            instructions = (
                f"change the background to {background}",
                f"make the background {background}",
                f"put the {figure.shape} on a {background} background",
            )
        case "size":
            size = "small" if figure.size == "big" else "big"
            after = replace(before, figure=replace(figure, size=size, radius=_between(rng, *_RADIUS[size])))
            word = "bigger" if size == "big" else "smaller"
            instructions = (
                f"make it {word}",
                f"make the {figure.shape} {word}",
                f"turn it into a {size} {figure.shape}",
            )
        case _:
            hidden = _ROUND if before.motion == "spins" else ()
            shape = _pick(rng, SHAPES, but=(figure.shape, *hidden))
            after = replace(before, figure=replace(figure, shape=shape))
            instructions = (
                f"replace the {figure.shape} with a {shape}",
                f"turn the {figure.shape} into a {shape}",
                f"make it a {shape}",
            )
    instruction = captions.choose(rng, instructions)
    return ClipSpec("editing", split, seed, instruction, after, events(after, seconds), before=before)
