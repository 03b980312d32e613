import numpy as np
import pytest

from assets.curation.signals.passage import Passage
from assets.curation.signals.shots import ShotDetector

FPS = 25


def scene(seed, count, *, speed=0.0):
    """Cells of a film of one ground, sliding by ``speed`` cells a frame: uint8 [3,18,32] each."""
    rng = np.random.default_rng(seed)
    ground = np.kron(rng.integers(20, 235, (3, 6, 24)), np.ones((1, 3, 4))).astype(np.float64)
    noise = rng.normal(0, 1.0, (count, 3, 18, 32))
    for number in range(count):
        at = speed * number
        whole, part = int(at), at - int(at)
        shown = (1 - part) * ground[:, :, whole : whole + 32] + part * ground[:, :, whole + 1 : whole + 33]
        yield np.clip(shown + noise[number], 0, 255)


def boundaries(frames, fps=FPS):
    detector = ShotDetector()
    for number, cells in enumerate(frames):
        detector.push(cells.astype(np.uint8), number / fps)
    return detector.boundaries(Passage())


def mixed(first, second, shares):
    return [(1 - share) * a + share * b for a, b, share in zip(first, second, shares, strict=True)]


def test_a_cut_is_found_at_the_first_frame_of_the_new_shot():
    found = boundaries([*scene(1, 40), *scene(2, 40)])
    assert [(item.kind, item.seconds) for item in found] == [("cut", pytest.approx(40 / FPS))]


@pytest.mark.parametrize("strengths", [[1.0], [0.6, 0.6, 0.6], [0.9, 0.6, 0.35, 0.2, 0.1], [0.8, 0.0, 0.8, 0.4]])
def test_a_flash_is_no_cut(strengths):
    frames = list(scene(3, 60))
    for number, strength in enumerate(strengths):
        frames[30 + number] = frames[30 + number] * (1 - strength) + 255 * strength
    assert boundaries(frames) == []


def test_a_flash_close_to_a_cut_hides_nothing():
    frames = [*scene(3, 40), *scene(4, 40)]
    frames[55] = np.full_like(frames[55], 255)
    assert [round(item.seconds * FPS) for item in boundaries(frames)] == [40]


@pytest.mark.parametrize("length", [6, 12, 25])
def test_a_dissolve_is_one_boundary_with_its_extent(length):
    shares = (np.arange(length) + 1) / (length + 1)
    first, second = list(scene(5, 40 + length)), list(scene(6, 40 + length))
    frames = [*first[:40], *mixed(first[40:], second[:length], shares), *second[length:]]
    (found,) = boundaries(frames)
    assert found.kind == "dissolve"
    assert found.seconds * FPS == pytest.approx(40 + length / 2, abs=1.5)
    assert found.first * FPS == pytest.approx(40, abs=length / 3 + 1)
    assert found.last * FPS == pytest.approx(40 + length, abs=length / 3 + 1)


@pytest.mark.parametrize("colour", [16, 235])
def test_a_fade_through_one_colour_is_one_boundary_in_its_middle(colour):
    empty = np.full((3, 18, 32), colour, dtype=float)
    ramp = (np.arange(8) + 1) / 9
    first, second = list(scene(7, 48)), list(scene(8, 48))
    out = mixed(first[40:], [empty] * 8, ramp)
    into = mixed([empty] * 8, second[:8], ramp)
    (found,) = boundaries([*first[:40], *out, *[empty] * 5, *into, *second[8:]])
    assert found.kind == "fade"
    assert 48 <= found.seconds * FPS <= 53
    assert found.first * FPS == pytest.approx(40, abs=3)
    assert found.last * FPS == pytest.approx(61, abs=3)


@pytest.mark.parametrize("speed", [0.05, 0.2, 0.6])
def test_a_pan_is_no_boundary(speed):
    assert boundaries(scene(9, 100, speed=speed)) == []


def test_frames_above_31_a_second_are_thinned_and_the_cut_stays_within_a_frame():
    (found,) = boundaries([*scene(1, 80), *scene(2, 80)], fps=60)
    assert found.seconds * 60 == pytest.approx(80, abs=1)


def test_memory_is_bounded_by_the_longest_dissolve_and_not_by_the_film():
    detector = ShotDetector()
    for number, cells in enumerate(scene(1, 400)):
        detector.push(cells.astype(np.uint8), number / FPS)
    assert len(detector._cells) < 60
