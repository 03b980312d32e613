"""Rendering: frames, sound and truth of a specification at any size, aspect ratio, frame rate and length."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.world import camera, captions, sound
from assets.world.actors import Actor, actors
from assets.world.backdrops import layers
from assets.world.compositing import Curtain, blend
from assets.world.overlay import STYLES, Lettering, lettering
from assets.world.physics import STEPS, Happening, Simulation, simulate
from assets.world.spec import HORIZON, InvalidSpec, WorldSpec
from assets.world.truth import FRONT, TEXT, Event, Track, Truth, Visibility
from models.recipes import SAMPLE_RATE

Frames = NDArray[np.uint8]

_FINE = 1.25  # texture pixels to a frame pixel at rest: cameras come closer
_SMALLEST, _LARGEST = 8, 8192  # pixels of a side
_HIDDEN = 0.25  # share of an object below which it does not count as seen
_OUTSIDE = 0.1  # share of an object inside the frame below which it counts as outside


@dataclass(frozen=True, eq=False)
class RenderedClip:
    """A clip with its truth.

    Attributes:
        frames: uint8 [F, H, W, 3] RGB.
        samples: float32 [S] at 48 kHz in [-1, 1], as long as the frames.
        fps: Frames a second.
    """

    spec: WorldSpec
    frames: Frames
    samples: NDArray[np.float32]
    fps: float
    truth: Truth


def render(spec: WorldSpec, height: int, width: int, fps: float, frames: int) -> RenderedClip:
    """The clip from time 0. An image is one frame. What moves takes the same seconds whatever the size or rate.

    Raises:
        InvalidSpec: A size, rate or length that cannot be rendered, or an unknown backdrop.
        SpritesMissing: A sprite that is not installed.
    """
    _check(height, width, fps, frames)
    seconds = frames / fps
    done = simulate(spec, max(seconds, spec.seconds))
    times = np.arange(frames) / fps
    path = camera.path(spec, times, done)
    pixels, instances, players, letters = _paint(spec, done, path, times, (height, width))
    tracks = tuple(player.track(done, spec) for player in players)
    count = round(seconds * SAMPLE_RATE)
    truth = Truth(
        tracks=tracks,
        events=tuple(_event(h, tracks, fps) for h in done.happenings if _sample(h) < count)
        + tuple(sound.ambience_events(spec, seconds)),
        camera=spec.camera.kind,
        path=path,
        text=spec.text,
        text_box=letters.box if letters else None,
        identity=spec.identity,
        short=captions.short(spec, done, moving=frames > 1),
        long=captions.long(spec, done, moving=frames > 1),
        instances=instances,
    )
    return RenderedClip(spec, pixels, sound.mix(spec, done.happenings, seconds), fps, truth)


def pictures(spec: WorldSpec, height: int, width: int, fps: float, frames: int, first: int = 0) -> Frames:
    """The frames alone, uint8 [F, H, W, 3], from frame number ``first`` on: no sound, captions or truth are made.

    Raises:
        InvalidSpec, SpritesMissing: As ``render``.
    """
    _check(height, width, fps, first + frames)
    done = simulate(spec, max((first + frames) / fps, spec.seconds))
    times = np.arange(first, first + frames) / fps
    return _paint(spec, done, camera.path(spec, times, done), times, (height, width))[0]


def _check(height: int, width: int, fps: float, frames: int) -> None:
    if min(height, width) < _SMALLEST or max(height, width) > _LARGEST:
        raise InvalidSpec(f"frame size {width}x{height}: sides are {_SMALLEST} to {_LARGEST} pixels")
    if frames < 1 or fps <= 0 or frames / fps > HORIZON:
        raise InvalidSpec(f"{frames} frames at {fps} fps: at least one, and at most {HORIZON:g} s")


def _paint(
    spec: WorldSpec, done: Simulation, path: camera.CameraPath, times: NDArray[np.float64], size: tuple[int, int]
) -> tuple[Frames, Frames, list[Actor], Lettering | None]:
    """Every frame, and what is seen at each of its pixels."""
    import cv2

    height, width = size
    short = min(size)
    scene = layers(spec.background, round(short * _FINE))
    scales = [path.scale(layer.depth) * short for layer in scene]
    shifts = [_placed(path, layer.depth, size) for layer in scene]
    diagonal = float(np.hypot(height, width))
    curtains = [Curtain(layer, size, diagonal / float(scale.min())) for layer, scale in zip(scene, scales, strict=True)]
    players = actors(spec, done, path, times, size)
    letters = lettering(spec.text, height, width) if spec.text else None
    pixels = np.empty((len(times), height, width, 3), np.uint8)
    instances = np.zeros((len(times), height, width), np.uint8)
    back: tuple[tuple[int, ...], Frames] | None = None
    before: tuple[object, ...] | None = None
    for frame in range(len(times)):
        drawn = [
            curtain.drawn(
                float(scale[frame]), (shift[0][frame], shift[1][frame]), path.roll[frame], spec.background.offset
            )
            for curtain, scale, shift in zip(curtains, scales, shifts, strict=True)
        ]
        now = (*(id(part[0]) for part in drawn), *(player.state(frame) for player in players))
        if now == before:  # nothing has moved
            pixels[frame], instances[frame] = pixels[frame - 1], instances[frame - 1]
            for player in players:
                player.hold(frame)
            continue
        before = now
        behind = [part for part, layer in zip(drawn, scene, strict=True) if layer.depth >= 1]
        same = tuple(id(part[0]) for part in behind)
        canvas = pixels[frame]
        if back is not None and back[0] == same:
            canvas[...] = back[1]
        else:
            canvas[...] = behind[0][0]
            for picture, first in behind[1:]:
                blend(canvas[first:], picture)
            back = same, canvas.copy()
        seen = instances[frame]
        for player in reversed(players):  # the first stands in front
            player.paint(frame, canvas, seen)
        _lay_front(canvas, seen, [part for part, layer in zip(drawn, scene, strict=True) if layer.depth < 1])
        if spec.style != "natural":
            canvas[...] = cv2.transform(canvas, STYLES[spec.style])
        if letters:
            letters.lay(canvas)
            seen[letters.region][letters.opaque] = TEXT
        for player in players:
            player.count(frame, seen)
    return pixels, instances, players, letters


def _lay_front(canvas: Frames, seen: Frames, parts: list[tuple[Frames, int]]) -> None:
    """What stands before the action."""
    for picture, first in parts:
        blend(canvas[first:], picture)
        seen[first:][picture[..., 3] > 0] = FRONT


def _placed(path: camera.CameraPath, depth: float, size: tuple[int, int]) -> tuple[NDArray[np.float64], ...]:
    x, y = path.shift(depth)
    return x * min(size) + size[1] / 2, y * min(size) + size[0] / 2


def _sample(happening: Happening) -> int:
    return happening.step * (SAMPLE_RATE // STEPS)


def _event(happening: Happening, tracks: tuple[Track, ...], fps: float) -> Event:
    seconds = happening.step / STEPS
    return Event(
        seconds=seconds,
        sample=_sample(happening),
        kind=happening.kind,
        visibility=_visibility(happening, tracks, int(seconds * fps)),
        objects=happening.objects,
        material=happening.material,
        until=None if happening.until is None else happening.until / STEPS,
    )


def _visibility(happening: Happening, tracks: tuple[Track, ...], frame: int) -> Visibility:
    """How the one that takes the largest part is seen in the frame shown at that time, or just before it vanishes."""
    inside, seen = 0.0, 0.0
    for index in happening.objects:
        at = min(frame, len(tracks[index].x) - 1)
        while at > 0 and np.isnan(tracks[index].x[at]):
            at -= 1
        inside, seen = max(inside, float(tracks[index].inside[at])), max(seen, float(tracks[index].seen[at]))
    if inside < _OUTSIDE:
        return "off-screen"
    return "occluded" if seen < _HIDDEN else "visible"
