from dataclasses import replace

import numpy as np
import pytest

from assets.world.draw import WorldOptions, draw
from assets.world.render import pictures, render
from assets.world.spec import CAMERAS, InvalidSpec
from assets.world.truth import FRONT, TEXT
from tests.assets.world.worlds import scene, thing


def _alone(spec, index):
    """The scene without one object."""
    return replace(spec, objects=spec.objects[:index] + spec.objects[index + 1 :])


def _boxed(changed):
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])


@pytest.mark.parametrize("camera", CAMERAS)
def test_boxes_are_where_the_picture_changes_without_the_object(camera):
    jumper = thing("frog", "right", x=-0.2, speed=0.2) if camera == "tracking" else thing("frog", "jump", x=-0.1)
    spec = scene(jumper, thing("ball", "spin", x=0.25, y=-0.2, lane=1), camera=camera, theme="outer space")
    clip, without = render(spec, 160, 160, 4, 8), render(_alone(spec, 1), 160, 160, 4, 8)
    compared = 0
    for frame in range(8):
        track = clip.truth.tracks[1]
        if track.seen[frame] < 0.97:
            continue
        changed = np.abs(clip.frames[frame].astype(int) - without.frames[frame]).max(-1) > 60
        assert _boxed(changed) == pytest.approx(np.clip(track.box[frame], 0, 160), abs=2), frame
        compared += 1
    assert compared >= 2


def test_masks_are_where_the_picture_changes_without_the_object():
    for seed in range(12):
        spec = draw(seed, WorldOptions(meetings=0, styles=0, offscreen=0, objects=(2, 3), cameras=("pan left", "arc")))
        clip, without = render(spec, 96, 96, 4, 4), render(_alone(spec, 1), 96, 96, 4, 4)
        differs = (clip.frames != without.frames).any(-1)
        mask = clip.truth.mask(1)
        assert not (mask & ~differs).sum() > 0.12 * max(mask.sum(), 20)  # colours may agree by chance
        assert (differs & ~mask).sum() <= 0.5 * mask.sum() + 60  # its half transparent rim


def test_boxes_of_masks_lie_inside_the_boxes_of_truth():
    for seed in range(20):
        clip = render(draw(seed), 128, 128, 4, 6)
        for index, track in enumerate(clip.truth.tracks):
            for frame in range(6):
                mask = clip.truth.mask(index)[frame]
                if mask.sum() > 8:
                    left, top, right, bottom = _boxed(mask)
                    whole = track.box[frame] + (-1.5, -1.5, 1.5, 1.5)
                    assert whole[0] <= left
                    assert whole[1] <= top
                    assert right <= whole[2]
                    assert bottom <= whole[3]


def test_what_is_seen_of_a_thing_falls_as_another_covers_it():
    wide = thing("stone wall", "left", extent=0.45, x=0.4, speed=0.4, colour=None)
    back = thing("box", x=0.0, extent=0.25, lane=1)
    track = render(scene(replace(wide, kind="cube monster"), back), 128, 128, 8, 16).truth.tracks[1]
    assert track.seen[0] == pytest.approx(1, abs=0.05)
    assert track.seen.min() < 0.05
    assert track.inside == pytest.approx(np.ones(16), abs=0.05)


def test_text_and_foreground_are_marked_as_what_they_are():
    clip = render(scene(thing(), camera="pan left", text="SALE"), 128, 128, 4, 2)
    left, top, right, bottom = clip.truth.text_box
    assert (clip.truth.instances[:, top:bottom, left:right] == TEXT).all()
    assert (clip.truth.instances == FRONT).any()


@pytest.mark.parametrize(
    ("height", "width", "fps", "frames"), [(64, 64, 16, 1), (48, 112, 24, 9), (112, 48, 8, 5), (33, 57, 12.5, 3)]
)
def test_any_size_rate_and_length_can_be_rendered(height, width, fps, frames):
    for seed in range(8):
        clip = render(draw(seed), height, width, fps, frames)
        assert clip.frames.shape == (frames, height, width, 3)
        assert clip.frames.dtype == np.uint8
        assert clip.samples.shape == (round(frames / fps * 48_000),)
        assert clip.samples.dtype == np.float32
        assert np.abs(clip.samples).max() <= 1
        assert clip.truth.instances.shape == (frames, height, width)
        assert all(len(track.x) == frames for track in clip.truth.tracks)


def test_motion_in_seconds_depends_neither_on_the_rate_nor_on_the_size():
    for seed in (1, 3, 9):
        spec = draw(seed)
        slow, fast = render(spec, 64, 64, 6, 12), render(spec, 128, 128, 24, 48)
        assert slow.truth.events[0].kind == fast.truth.events[0].kind
        assert [(e.kind, e.sample) for e in slow.truth.events] == [(e.kind, e.sample) for e in fast.truth.events]
        for one, other in zip(slow.truth.tracks, fast.truth.tracks, strict=True):
            assert one.x * 2 == pytest.approx(other.x[::4], nan_ok=True)
            assert one.y * 2 == pytest.approx(other.y[::4], nan_ok=True)


def test_a_wider_frame_shows_the_same_middle():
    spec = scene(thing("frog", "jump"), camera="arc")
    wide, square = render(spec, 96, 160, 4, 4), render(spec, 96, 96, 4, 4)
    assert np.abs(wide.frames[:, :, 32:128].astype(int) - square.frames).max() <= 2


def test_a_longer_rendering_begins_with_the_shorter_one():
    spec = draw(11)
    short, long = render(spec, 48, 48, 16, 12), render(spec, 48, 48, 16, 60)
    assert np.array_equal(short.frames, long.frames[:12])


def test_the_same_specification_gives_the_same_clip():
    for seed in range(6):
        one, other = render(draw(seed), 64, 64, 8, 8), render(draw(seed), 64, 64, 8, 8)
        assert one.frames.tobytes() == other.frames.tobytes()
        assert one.samples.tobytes() == other.samples.tobytes()
        assert one.truth.as_json() == other.truth.as_json()


def test_an_event_outside_the_picture_is_heard_and_marked():
    spec = scene(thing("frog"), thing("bomb", "explode", x=1.35, starts=0.5, lane=1))
    clip = render(spec, 64, 64, 8, 16)
    (event,) = [event for event in clip.truth.events if event.kind == "explosion"]
    assert event.visibility == "off-screen"
    assert event.sample == 24_000
    assert np.abs(clip.samples[24_000:28_000]).max() > 5 * np.abs(clip.samples[20_000:24_000]).max()
    assert (clip.frames == clip.frames[0]).all()


def test_an_event_behind_another_thing_is_marked_as_occluded():
    hidden = thing("bomb", "explode", starts=0.5, extent=0.16, lane=1)
    spec = scene(thing("cube monster", extent=0.45), hidden)
    (event,) = [event for event in render(spec, 64, 64, 8, 16).truth.events if event.kind == "explosion"]
    assert event.visibility == "occluded"
    seen = render(scene(hidden), 64, 64, 8, 16)
    assert next(event for event in seen.truth.events if event.kind == "explosion").visibility == "visible"


def test_things_that_are_pushed_or_collected_are_said_to_be():
    walker = thing("robot", "right", x=-0.3, speed=0.4)
    tracks = render(scene(walker, thing("box", x=0.15, extent=0.2)), 64, 64, 8, 16).truth.tracks
    assert tracks[1].motion == "pushed"
    tracks = render(scene(walker, thing("coin", x=0.15, extent=0.16)), 64, 64, 8, 16).truth.tracks
    assert tracks[1].motion == "collected"
    assert np.isnan(tracks[1].x[-1])
    assert tracks[1].seen[-1] == 0


@pytest.mark.parametrize(
    ("height", "width", "fps", "frames", "said"),
    [(4, 64, 8, 1, "sides"), (64, 9000, 8, 1, "sides"), (64, 64, 8, 0, "at least one"), (64, 64, 1, 61, "60 s")],
)
def test_impossible_renderings_are_refused(height, width, fps, frames, said):
    with pytest.raises(InvalidSpec, match=said):
        render(scene(thing()), height, width, fps, frames)


def test_pictures_alone_are_those_of_the_whole_clip_from_any_frame_on():
    for seed in range(12):
        spec = draw(seed, WorldOptions(seconds=(1.0, 1.0)))
        whole = render(spec, 48, 64, 12, 12)
        assert np.array_equal(pictures(spec, 48, 64, 12, 12), whole.frames)
        assert np.array_equal(pictures(spec, 48, 64, 12, 5, first=7), whole.frames[7:])


def test_frames_in_which_nothing_moves_are_what_each_is_by_itself():
    spec = scene(thing("box", "still"), thing("ball", "fall", x=0.3, lane=1))
    clip = render(spec, 64, 64, 12, 30)
    alone = [pictures(spec, 64, 64, 12, 1, first=frame)[0] for frame in range(30)]
    assert np.array_equal(clip.frames, np.stack(alone))
    tracks = clip.truth.tracks
    assert all(np.ptp(track.seen[20:]) == 0 and track.seen[-1] > 0.9 for track in tracks)
