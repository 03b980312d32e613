from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.camera import camera
from assets.checkers.clips import FPS, MOVING, rendered
from assets.curation.analysis import watch
from assets.curation.signals.camera import Camera
from assets.curation.signals.shots import ShotDetector
from serving.media.timed import timed_frames
from tests.assets.curation.signals.pictures import film, gliding, result


def scene(kind, seed, seconds=2):
    options = replace(MOVING, split="validation", cameras=(kind,), seconds=(seconds, seconds))
    return rendered(seed, options, frames=seconds * FPS).frames


def test_a_window_is_judged_as_the_judge_would_judge_its_frames(tmp_path):
    path = film(tmp_path, scene("zoom in", 31_000), fps=FPS)
    decoded = np.stack([timed.upright() for timed in timed_frames(path)])
    said, found = camera(decoded), result(Camera(), path)["camera"]
    assert found["class"] == said.value == "zoom in"
    assert found["confidence"] == pytest.approx(said.confidence, abs=0.1)  # it sees brightness as it is coded


def test_a_long_clip_is_the_mean_of_its_windows(tmp_path):
    signal = Camera()
    found = result(signal, film(tmp_path, scene("pan left", 31_001, seconds=5), fps=FPS))
    rows = signal.track().windows.between(0, 10)
    assert len(rows) == 4
    assert rows[:, 0] == pytest.approx([1.875, 2.875, 3.875, 4.875])
    assert found["camera"]["confidence"] == pytest.approx(rows[:, 1:].mean(axis=0).max(), abs=1e-4)


def test_after_a_cut_a_window_begins_anew(tmp_path):
    shots = [*scene("static", 31_002)[:11], *scene("pan right", 31_004)]
    signal = Camera()
    result(signal, film(tmp_path, shots, fps=FPS))
    assert signal.track().windows.between(0, 10)[:, 0] == pytest.approx([26 / 8])  # none spans the cut
    assert signal.track().result(11 / 8, 27 / 8)["camera"]["class"] == "pan right"


@pytest.mark.parametrize(("kind", "seed"), [("zoom out", 300_001), ("zoom out", 300_049), ("truck left", 300_039)])
def test_a_fast_camera_is_neither_taken_for_a_cut_nor_for_a_new_shot(tmp_path, kind, seed):
    signal, detector = Camera(), ShotDetector()
    for frame in watch(film(tmp_path, scene(kind, seed), fps=FPS)):
        signal.see(frame)
        detector.see(frame)
    assert len(signal.track().windows.between(0, 10)) == 1
    assert detector.boundaries(signal.passage) == []


@pytest.mark.parametrize("fps", [24, 25, 30])
def test_frames_are_taken_evenly_at_about_eight_a_second(tmp_path, fps):
    signal = Camera()
    result(signal, film(tmp_path, gliding(3 * fps, 1.0), fps=fps))
    times = np.array(signal._times)
    assert np.ptp(np.diff(times)) < 1e-4
    assert 7.4 < 1 / np.diff(times)[0] < 8.4


def test_a_span_of_less_than_two_seconds_is_not_judged_and_says_so(tmp_path):
    found = result(Camera(), film(tmp_path, scene("arc", 31_006), fps=FPS), 0.0, 1.5)
    assert found["camera"] is None
    assert "two seconds" in found["missing"]["camera"]


def test_a_film_of_four_frames_a_second_is_not_judged(tmp_path):
    found = result(Camera(), film(tmp_path, scene("arc", 31_006, seconds=5), fps=4))
    assert found["camera"] is None
