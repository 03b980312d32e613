import struct

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


def trimmed(path, begin, end):
    """An MP4 file of 12,288 ticks a second that shows a part of itself, in seconds, by its edit list alone."""
    content = bytearray(path.read_bytes())
    place = content.index(b"elst") + 12
    (offset,) = struct.unpack_from(">i", content, place + 4)
    struct.pack_into(">Ii", content, place, round((end - begin) * 1000), offset + round(begin * 12288))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("begin", "end", "frames"), [(0.0, 2.0, 48), (0.5, 2.5, 48), (1.0, 4.0, 72), (1.3, 2.1, 19)])
def test_a_film_that_an_edit_list_trims_is_what_it_shows(tmp_path, begin, end, frames):
    found = probe(
        trimmed(write_video(tmp_path / "a.mp4", moving_pictures(96), fps=24, options={"g": "24"}), begin, end)
    )
    assert isinstance(found, Probe)
    assert (found.frames, found.duration) == (frames, pytest.approx(frames / 24, abs=1e-4))


def test_a_trimmed_film_that_is_cut_off_is_truncated(tmp_path):
    options = {"g": "24"}
    path = write_video(
        tmp_path / "a.mp4", moving_pictures(96), fps=24, options=options, container={"movflags": "faststart"}
    )
    content = trimmed(path, 0.5, 3.5).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert probe(path).reason.startswith("truncated: ")


def test_a_last_frame_that_is_not_whole_is_damage(tmp_path):
    path = write_video(tmp_path / "a.mp4", moving_pictures(50), container={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[:-10])
    assert probe(path) == Quarantine("damaged: 1 of 50 frames are marked corrupt")


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_a_single_picture_is_no_video(tmp_path, name):
    assert probe(write_video(tmp_path / name, moving_pictures(1))) == Quarantine("not a video: a single picture")


def test_an_unknown_codec_is_told_from_damage(tmp_path):
    path = write_video(tmp_path / "a.mkv", moving_pictures(10))
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_XYZW4/ISO/AVC"))
    assert probe(path) == Quarantine("codec not supported")


def test_size_is_as_people_see_it(tmp_path):
    path = write_video(tmp_path / "a.mp4", [np.zeros((64, 96, 3), np.uint8)] * 5, options={"x264-params": "sar=2/1"})
    found = probe(path)
    assert (found.width, found.height) == (192, 64)
