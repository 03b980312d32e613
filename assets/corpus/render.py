"""The rasteriser: a scene as anti-aliased uint8 frames, a whole clip in one vectorised pass over the figure's box."""

import math

import numpy as np
from numpy.typing import NDArray

from assets.corpus.motion import Poses, poses
from assets.corpus.palette import RGB
from assets.corpus.scene import ClipSpec, Scene
from assets.corpus.shapes import layers
from models.recipes import FPS

Frames = NDArray[np.uint8]


def render(spec: ClipSpec, height: int, width: int, frames: int, fps: float = FPS) -> Frames:
    """The clip, uint8 [F, H, W, 3]: any aspect ratio and length, its motion lasting ``spec.scene.seconds``."""
    return render_scene(spec.scene, height, width, frames, fps)


def render_source(spec: ClipSpec, height: int, width: int, frames: int, fps: float = FPS) -> Frames:
    """The clip before its edit, uint8 [F, H, W, 3]. Raises ValueError for a clip that is no edit."""
    if spec.before is None:
        raise ValueError(f"a {spec.kind} clip has no source: only editing clips do")
    return render_scene(spec.before, height, width, frames, fps)


def render_reference(spec: ClipSpec, side: int) -> Frames:
    """The reference picture of a person, uint8 [side, side, 3]. Raises ValueError for a clip without a person."""
    if spec.reference is None:
        raise ValueError(f"a {spec.kind} clip has no reference: only personalization clips do")
    return render_scene(spec.reference, side, side, 1)[0]


def render_scene(scene: Scene, height: int, width: int, frames: int, fps: float = FPS) -> Frames:
    """A scene at ``frames`` times from 0, uint8 [F, H, W, 3]."""
    ground = _ground(scene, height, width)
    moments = 1 if scene.motion == "still" else frames
    clip = np.repeat(np.rint(ground).astype(np.uint8)[None], moments, axis=0)
    _paint(clip, ground, scene, poses(scene, np.arange(moments) / fps))
    return clip if moments == frames else np.repeat(clip, frames, axis=0)


def _ground(scene: Scene, height: int, width: int) -> NDArray[np.float32]:
    slope = (np.arange(height, dtype=np.float32) + 0.5) / height - 0.5
    column = np.array(RGB[scene.background], np.float32) * (1 + scene.shade * slope)[:, None]
    return np.repeat(np.minimum(column, 255)[:, None], width, axis=1).astype(np.float32)


def _paint(clip: Frames, ground: NDArray[np.float32], scene: Scene, at: Poses) -> None:
    """Draw the figure into each frame of ``clip``, touching only the square that it covers."""
    height, width = ground.shape[:2]
    full = scene.figure.radius * min(height, width)
    room_x, room_y = max(width - 2 * full, 0.0), max(height - 2 * full, 0.0)
    centre_x, centre_y = (width - room_x) / 2 + at.x * room_x, (height - room_y) / 2 + at.y * room_y
    radius = full * at.scale
    side = 2 * math.ceil(full * (1.0 if scene.motion != "spins" and not scene.figure.tilt else 1.22)) + 3
    left, top = np.floor(centre_x - side / 2).astype(int), np.floor(centre_y - side / 2).astype(int)
    steps = np.arange(side) + 0.5
    u = (((left[:, None] + steps) - centre_x[:, None]) / radius[:, None]).astype(np.float32)[:, None, :]
    v = (((top[:, None] + steps) - centre_y[:, None]) / radius[:, None]).astype(np.float32)[:, :, None]
    if np.any(at.angle):
        cos, sin = np.cos(at.angle).astype(np.float32), np.sin(at.angle).astype(np.float32)
        u, v = cos[:, None, None] * u + sin[:, None, None] * v, cos[:, None, None] * v - sin[:, None, None] * u
    pixels = radius.astype(np.float32)[:, None, None]
    covers = [
        (np.clip(0.5 - distance * pixels, 0, 1)[..., None], np.array(rgb, np.float32))
        for distance, rgb in layers(scene.figure, u, v)
    ]
    for frame in range(len(clip)):
        y0, x0 = max(top[frame], 0), max(left[frame], 0)
        y1, x1 = min(top[frame] + side, height), min(left[frame] + side, width)
        inside = (frame, slice(y0 - top[frame], y1 - top[frame]), slice(x0 - left[frame], x1 - left[frame]))
        patch = ground[y0:y1, x0:x1]
        for cover, rgb in covers:
            patch = patch + cover[inside] * (rgb - patch)
        clip[frame, y0:y1, x0:x1] = np.rint(patch)
