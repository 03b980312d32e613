"""Inspection of delivered files."""

from dataclasses import replace

import pytest

from assets.evaluation.delivery import Inspection, defects

GOOD = Inspection(
    name="a.mp4",
    c2pa="Trusted",
    watermark_p=1e-9,
    payload="0" * 16,
    verified=True,
    seconds=6.0,
    width=854,
    height=480,
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
