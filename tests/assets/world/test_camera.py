import numpy as np
import pytest

from assets.world.camera import PAN, PEDESTAL, PUSH, TILT, TRUCK, ZOOM, path
from assets.world.render import render
from assets.world.spec import CAMERAS
from tests.assets.world.worlds import scene, thing

_DEPTHS = (0.6, 1.0, 3.0, 50.0)
_ENDS = np.array([0.0, 2.0])


def _path(camera, **changes):
    return path(scene(thing("robot", "right", x=-0.3, speed=0.3), camera=camera, **changes), _ENDS)


def _travel(camera):
    """How far each layer's middle goes from beginning to end, in short sides."""
    found = _path(camera)
    return np.array([[np.diff(axis)[0] for axis in found.shift(depth)] for depth in _DEPTHS])


def _growth(camera):
    found = _path(camera)
    return np.array([found.scale(depth)[1] / found.scale(depth)[0] for depth in _DEPTHS])


@pytest.mark.parametrize(("camera", "factor"), [("zoom in", ZOOM), ("zoom out", 1 / ZOOM)])
def test_a_zoom_scales_every_depth_alike(camera, factor):
    assert _growth(camera) == pytest.approx(np.full(4, factor))


@pytest.mark.parametrize(("camera", "sign"), [("push in", 1), ("pull out", -1)])
def test_a_push_scales_near_layers_more(camera, sign):
    assert _growth(camera) ** sign == pytest.approx([d / (d - PUSH) for d in _DEPTHS])


@pytest.mark.parametrize(
    ("camera", "way"),
    [("pan right", (-PAN, 0)), ("pan left", (PAN, 0)), ("tilt up", (0, TILT)), ("tilt down", (0, -TILT))],
)
def test_a_turn_shifts_every_depth_alike(camera, way):
    assert _travel(camera) == pytest.approx(np.tile(way, (4, 1)))
    assert _growth(camera) == pytest.approx(np.ones(4))


@pytest.mark.parametrize(
    ("camera", "way"),
    [
        ("truck right", (-TRUCK, 0)),
        ("truck left", (TRUCK, 0)),
        ("pedestal up", (0, PEDESTAL)),
        ("pedestal down", (0, -PEDESTAL)),
    ],
)
def test_a_travelling_camera_shifts_layers_by_one_over_their_depth(camera, way):
    assert _travel(camera) == pytest.approx(np.outer(1 / np.array(_DEPTHS), way))


def test_an_arc_keeps_the_subject_and_parts_what_is_before_and_behind():
    near, subject, far, sky = _travel("arc")[:, 0]
    assert subject == pytest.approx(0)
    assert near < 0 < far < sky == pytest.approx(TRUCK * (1 - 1 / 50))


def test_tracking_keeps_the_subject_in_the_middle_while_the_scenery_passes():
    spec = scene(thing("robot", "right", x=-0.3, speed=0.3), camera="tracking")
    clip = render(spec, 96, 96, 8, 16)
    assert clip.truth.tracks[0].x == pytest.approx(np.full(16, 48), abs=0.01)
    assert _travel("tracking")[:, 0] == pytest.approx(-0.6 / np.array(_DEPTHS), abs=1e-3)


def test_a_static_camera_does_nothing_and_a_handheld_one_comes_back():
    assert not _travel("static").any()
    times = np.linspace(0, 10, 4000)
    shaken = path(scene(thing(), camera="handheld"), times)
    assert 0.005 < shaken.turn_x.std() < 0.03
    assert abs(shaken.turn_x.mean()) < 0.004
    assert shaken.roll.std() > 0.002


def test_strength_scales_the_travel():
    half = _path("truck left", strength=0.5)
    assert np.diff(half.t_x)[0] == pytest.approx(-0.5 * TRUCK)


@pytest.mark.parametrize("camera", sorted(set(CAMERAS) - {"handheld", "tracking"}))
def test_a_camera_that_follows_no_hand_or_subject_holds_its_last_place(camera):
    found = path(scene(thing(), camera=camera), np.array([2.0, 3.0, 9.0]))
    assert all(np.ptp(part) == 0 for part in vars(found).values())


def _shift_of_rows(before, after, rows):
    """Sideways shift in pixels that lays the rows of one frame best over those of the other."""
    old, new = before[rows].astype(float), after[rows].astype(float)
    width = old.shape[1]
    reach = range(-28, 29)

    def cost(move):
        left, right = max(0, move), min(width, width + move)
        return np.abs(new[:, left:right] - old[:, left - move : right - move]).mean()

    return min(reach, key=cost)


def test_the_pixels_of_ground_and_mountains_part_when_trucking_and_not_when_panning():
    mountains, ground = slice(30, 70), slice(122, 127)
    shifts = {}
    for camera in ("pan left", "truck left"):
        clip = render(scene(camera=camera, strength=0.5, theme="snowy mountains"), 128, 128, 4, 5)
        pairs = [(clip.frames[f], clip.frames[f + 1]) for f in range(4)]
        shifts[camera] = [sum(_shift_of_rows(a, b, rows) for a, b in pairs) for rows in (mountains, ground)]
    assert shifts["pan left"] == pytest.approx([0.25 * 128 / 2] * 2, abs=2)
    far, near = shifts["truck left"]
    assert far == pytest.approx(0.35 * 128 / 10 / 2, abs=2)
    assert near > 3 * far
