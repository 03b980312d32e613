import numpy as np
import pytest

from assets.ingestion.probe import Limits, Probe, Quarantine, probe
from tests.assets.videos import moving_pictures, write_video


def test_limits_are_checked_by_name(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_pictures(50))
    assert isinstance(probe(path), Probe)
    for limits, what in [
        (Limits(side=100), "192x144 pixels, at most 100"),
        (Limits(seconds=1), "2 s, at most 1"),
        (Limits(frames=10), "more than 10 frames"),
        (Limits(bytes=100), "bytes, at most 100"),
    ]:
        outcome = probe(path, limits)
        assert isinstance(outcome, Quarantine)
        assert what in outcome.reason


def test_a_damaged_end_is_found(tmp_path):
    path = write_video(tmp_path / "a.mkv", moving_pictures(50), options={"g": "5"})
    content = bytearray(path.read_bytes())
    content[len(content) * 7 // 10 :] = bytes(len(content) - len(content) * 7 // 10)
    path.write_bytes(content)
    assert isinstance(probe(path), Quarantine)


@pytest.mark.parametrize("seconds", [1, 2, 4])
@pytest.mark.parametrize(("name", "codec"), [("a.ts", "libx264"), ("a.mpg", "mpeg2video")])
def test_the_end_is_found_however_far_its_key_frame_is_before_it(tmp_path, name, codec, seconds):
    options = {"g": str(seconds * 25)}
    found = probe(write_video(tmp_path / name, moving_pictures(200), codec=codec, options=options))
    assert isinstance(found, Probe)
    assert (found.frames, found.duration) == (200, 8.0)


def test_an_unknown_codec_is_told_from_damage(tmp_path):
    path = write_video(tmp_path / "a.mkv", moving_pictures(10))
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_XYZW4/ISO/AVC"))
    assert probe(path) == Quarantine("codec not supported")


def test_size_is_as_people_see_it(tmp_path):
    path = write_video(tmp_path / "a.mp4", [np.zeros((64, 96, 3), np.uint8)] * 5, options={"x264-params": "sar=2/1"})
    found = probe(path)
    assert (found.width, found.height) == (192, 64)
