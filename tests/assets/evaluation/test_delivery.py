"""Inspection of delivered files."""

from dataclasses import replace
from functools import partialmethod

import numpy as np
import pytest

from assets.evaluation.delivery import Inspection, defects, inspect
from serving.errors import MediaError
from serving.home import Home
from serving.media import reading
from serving.media.mp4 import write_mp4

GOOD = Inspection(
    name="a.mp4",
    c2pa="Trusted",
    watermark_p=1e-9,
    payload="0" * 16,
    verified=True,
    seconds=6.0,
    width=854,
    height=480,
    fps=16.0,
    video_codec="h264",
    audio_codec="aac",
    sample_rate=48_000,
    channels=2,
    lufs=-14.1,
)


def test_a_file_as_recorded_has_no_defects():
    assert defects(GOOD, seconds=6.0, lufs=-14.0) == []
    assert defects(replace(GOOD, lufs=float("-inf")), seconds=6.0, lufs=None) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"video_codec": "hevc"}, "hevc"),
        ({"audio_codec": "opus"}, "opus"),
        ({"sample_rate": 44_100}, "44100"),
        ({"channels": 1}, "1 channels"),
        ({"height": 360}, "short side"),
        ({"seconds": 5.0}, "5.00 s"),
        ({"lufs": -20.0}, "-20.0 LUFS"),
        ({"lufs": float("nan")}, "LUFS"),
    ],
)
def test_each_defect_is_named(change, word):
    found = defects(replace(GOOD, **change), seconds=6.0, lufs=-14.0)
    assert len(found) == 1
    assert word in found[0]


def test_a_file_is_measured_however_many_pixels_it_has(tmp_path, monkeypatch):
    monkeypatch.setattr(reading.Limits, "__init__", partialmethod(reading.Limits.__init__, pixels=1))
    frames, tone = np.full((24, 64, 96, 3), 99, np.uint8), np.sin(np.arange(48_000 * 3 // 2) / 10)
    write_mp4(tmp_path / "a.mp4", frames, 16, 0.1 * np.repeat(tone[:, None], 2, axis=1).astype(np.float32))
    found = inspect(tmp_path / "a.mp4", Home(tmp_path / "home"))
    assert (found.seconds, found.width, found.height, found.fps) == (1.5, 96, 64, 16.0)
    assert (found.video_codec, found.audio_codec, found.sample_rate, found.channels) == ("h264", "aac", 48_000, 2)
    assert found.lufs == pytest.approx(-20, abs=1.5)
    assert not found.verified


def test_a_file_without_sound_cannot_be_inspected(tmp_path):
    write_mp4(tmp_path / "a.mp4", np.zeros((24, 64, 96, 3), np.uint8), 16)
    with pytest.raises(MediaError, match=r"a\.mp4 has no sound"):
        inspect(tmp_path / "a.mp4", Home(tmp_path / "home"))
