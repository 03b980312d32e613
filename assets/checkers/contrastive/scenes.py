"""Scenes for contrastive training: two clips each that differ in one thing, with texts about both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.checkers.coded import coded
from assets.checkers.contrastive.statements import Facts, Statement, changed, drawn, facts
from assets.world import captions
from assets.world.backdrops import THEMES
from assets.world.colours import COLOURS
from assets.world.combinations import motion_held_out
from assets.world.draw import EASY, WHOLE, WorldOptions, draw
from assets.world.edits import EditKind, draw_edit
from assets.world.physics import simulate
from assets.world.render import RenderedClip, render
from assets.world.spec import CAMERAS, CameraSpec, InvalidSpec, Motion, WorldSpec
from models.contrastive.config import FRAMES, SIDE

_RENDERED = 128  # pixels: shrunk to what the model sees, as footage is
_EASIER = replace(EASY, sizes=("medium", "big"), backgrounds=("plain", "gradient", "layered"), people=0.1)
_EASY_SHARE = 0.3
_LONG_SHARE = 0.6  # of the scenes
_STYLED = replace(WHOLE, styles=0.2)  # what is rare there is seen often enough to be learnt
_TRUE, _FALSE = 4, 2  # statements about a clip
_CODED_SHARE = 0.4
_EDITS: tuple[EditKind, ...] = ("recolour", "replace", "background", "motion")
_WAYS: dict[Motion, Motion] = {
    "left": "right",
    "right": "left",
    "throw left": "throw right",
    "throw right": "throw left",
}


@dataclass(frozen=True, eq=False)
class Example:
    """A clip with what is said of it.

    Attributes:
        frames: uint8 [8, 64, 64, 3], evenly over the action.
        facts: What it shows.
        short: Two short captions in different wordings.
        long: A long caption, or None.
        statements: With their texts; some true, some with one word wrong.
    """

    frames: NDArray[np.uint8]
    facts: Facts
    short: tuple[str, ...]
    long: str | None
    statements: tuple[tuple[Statement, str], ...]


def scene(seed: int) -> tuple[Example, Example]:
    """Two clips of the training split that differ in a colour, a kind, a place, a motion, a direction or a camera."""
    rng = np.random.default_rng([seed, 23])
    options = replace(_EASIER if rng.random() < _EASY_SHARE else _STYLED, split="train")
    before, after = _pair(seed, options, rng)
    with_long = bool(rng.random() < _LONG_SHARE)
    return _example(before, rng, with_long=with_long), _example(after, rng, with_long=with_long)


def places() -> tuple[str, ...]:
    """Every place that has one name or one colour."""
    plain = (f"on {'an' if colour[0] in 'aeiou' else 'a'} {colour} background" for colour in COLOURS)
    return (*(theme.phrase for theme in THEMES.values()), *plain)


def shrunk(frames: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.uint8]:
    """uint8 [F, H, W, 3] at ``side`` x ``side`` pixels, by area; what is not square is squeezed."""
    import cv2

    if frames.shape[1:3] == (side, side):
        return frames
    return np.stack([cv2.resize(frame, (side, side), interpolation=cv2.INTER_AREA) for frame in frames])


def _pair(seed: int, options: WorldOptions, rng: np.random.Generator) -> tuple[WorldSpec, WorldSpec]:
    ways: Sequence[str] = (*_EDITS, "camera", "turn")
    way = ways[seed % len(ways)]
    spec = draw(seed, options)
    if way == "camera" and spec.background.theme and spec.camera.kind != "tracking":
        others = [kind for kind in CAMERAS if kind not in {spec.camera.kind, "tracking"}]
        kind = others[int(rng.integers(len(others)))]
        return spec, replace(spec, camera=CameraSpec(kind, spec.camera.strength if kind != "static" else 1.0))
    if way in {"turn", "camera"}:
        turned = _turned(spec)
        if turned is not None:
            return spec, turned
    kind_of_edit = next((kind for kind in _EDITS if kind == way), _EDITS[int(rng.integers(len(_EDITS)))])
    try:
        edit = draw_edit(seed, options, kind_of_edit)
    except InvalidSpec:
        edit = draw_edit(seed, options, "background")
    return edit.before, edit.after


def _turned(spec: WorldSpec) -> WorldSpec | None:
    """The scene with the first thing going the other way, None where it goes none or may not."""
    if not spec.objects:
        return None
    first = spec.objects[0]
    way = _WAYS.get(first.motion)
    if way is None or motion_held_out(first.kind, way):
        return None
    return replace(spec, objects=(replace(first, motion=way, x=-first.x), *spec.objects[1:]))


def _example(spec: WorldSpec, rng: np.random.Generator, *, with_long: bool) -> Example:
    clip = render(spec, _RENDERED, _RENDERED, FRAMES / spec.seconds, FRAMES)
    frames = coded(clip.frames, 8, int(rng.integers(24, 34))) if rng.random() < _CODED_SHARE else clip.frames
    shown = facts(clip, captions.where(spec))
    statements = []
    for _ in range(_TRUE):
        true = drawn(shown, rng)
        statements.append((true, true.text(rng)))
    for true, _ in statements[:_FALSE]:
        false = changed(true, rng, places())
        statements.append((false, false.text(rng)))
    short, long = _short(clip, spec, rng), clip.truth.long if with_long else None
    return Example(shrunk(frames), shown, short, long, tuple(statements))


def _short(clip: RenderedClip, spec: WorldSpec, rng: np.random.Generator) -> tuple[str, ...]:
    """The clip's own short caption and one of another seed's wording."""
    done = simulate(spec, spec.seconds)
    other = captions.short(replace(spec, seed=int(rng.integers(1 << 30))), done, moving=True)
    return clip.truth.short, other
