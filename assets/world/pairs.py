"""Pairs for post-training: edits and where they show, clips of one person, pictures with and without sound."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from assets.world.actors import actors
from assets.world.draw import SEEDS, WHOLE, WorldOptions, draw
from assets.world.edits import Edit
from assets.world.physics import simulate
from assets.world.render import RenderedClip, render
from assets.world.spec import InvalidSpec, WorldSpec
from assets.world.truth import TEXT

_SOLID = 255  # alpha through which nothing behind is seen


@dataclass(frozen=True, eq=False)
class EditTriple:
    """A rendered edit.

    Attributes:
        mask: Where the two may differ, bool [F, H, W]; everywhere else they are equal to the last bit.
    """

    instruction: str
    before: RenderedClip
    after: RenderedClip
    mask: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class SoundTriple:
    """One picture with and without its sound.

    Attributes:
        video: The clip.
        silent: Silence of its length.
        sound: Its samples; both float32 [S] at 48 kHz.
    """

    video: RenderedClip
    silent: NDArray[np.float32]
    sound: NDArray[np.float32]


def render_edit(edit: Edit, height: int, width: int, fps: float, frames: int) -> EditTriple:
    """Both scenes of an edit, and where they may differ."""
    before, after = (render(spec, height, width, fps, frames) for spec in (edit.before, edit.after))
    return EditTriple(edit.instruction, before, after, _mask(edit, before, after))


def draw_same_person(seed: int, options: WorldOptions = WHOLE, count: int = 3) -> tuple[WorldSpec, ...]:
    """``count`` scenes with one person and nothing else in common; the first object is that person."""
    alone = replace(options, people=1.0)
    first = draw(seed, alone)
    number = first.identity
    found = [first]
    for index in range(1, count):
        other = draw((seed + index * 15_485_863) % SEEDS, alone)
        found.append(replace(other, objects=(replace(other.objects[0], identity=number), *other.objects[1:])))
    return tuple(found)


def reference(clip: RenderedClip, side: int) -> NDArray[np.uint8]:
    """A picture of the clip's first person, uint8 [side, side, 3], from the frame that shows most of them.

    Of the clip itself it is a paired reference, of another clip of ``draw_same_person`` a cross-paired one.

    Raises:
        InvalidSpec: The clip shows nobody.
    """
    import cv2

    people = [track for track in clip.truth.tracks if track.identity is not None]
    if not people or not people[0].seen.any():
        raise InvalidSpec(f"the clip of seed {clip.spec.seed} shows no person")
    person = people[0]
    frame = int(np.argmax(person.seen))
    left, top, right, bottom = person.box[frame]
    reach = 0.6 * max(right - left, bottom - top)
    scale = side / (2 * reach)
    middle = ((left + right) / 2 - reach, (top + bottom) / 2 - reach)
    matrix = np.array([[scale, 0, -scale * middle[0]], [0, scale, -scale * middle[1]]])
    picture = cv2.warpAffine(clip.frames[frame], matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(picture)


def sound_triple(clip: RenderedClip) -> SoundTriple:
    """A clip with silence and with its sound."""
    return SoundTriple(clip, np.zeros_like(clip.samples), clip.samples)


def _mask(edit: Edit, before: RenderedClip, after: RenderedClip) -> NDArray[np.bool_]:
    """Where the rendered pair may differ."""
    old, new = before.truth.instances, after.truth.instances
    match edit.kind:
        case "style":
            return old != TEXT
        case "text":
            return (old == TEXT) | (new == TEXT)
        case "background":
            kept = (old == TEXT) & (new == TEXT)
            for index in range(len(edit.before.objects)):
                solid = _cover(before, index) == _SOLID
                kept |= solid & (old == index + 1) & (new == index + 1)
            return ~kept
        case _:
            return (_cover(before, edit.before_index) > 0) | (_cover(after, edit.after_index) > 0)


def _cover(clip: RenderedClip, index: int | None) -> NDArray[np.uint8]:
    """An object's alpha in each frame, hidden parts too, [F, H, W]; nothing for None."""
    size = (clip.frames.shape[1], clip.frames.shape[2])
    if index is None:
        return np.zeros((len(clip.frames), *size), np.uint8)
    times = np.arange(len(clip.frames)) / clip.fps
    done = simulate(clip.spec, max(len(clip.frames) / clip.fps, clip.spec.seconds))
    actor = actors(clip.spec, done, clip.truth.path, times, size)[index]
    return np.stack([actor.cover(frame, size) for frame in range(len(times))])
