import numpy as np
import pytest

from serving.errors import MediaError
from serving.provenance import decoding
from serving.provenance.decoding import frames_of
from tests.serving.watermark.scenes import encode


def test_no_more_frames_than_the_limit_are_decoded(plain, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_FRAMES", 5)
    assert len(list(frames_of(plain))) == 5


def test_pictures_beyond_the_limit_are_refused_before_decoding(plain, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_PIXELS", 256 * 256 - 1)
    with pytest.raises(MediaError, match="256 x 256"):
        next(frames_of(plain))


def test_the_time_limit_ends_the_reading(tmp_path, monkeypatch):
    encode(np.zeros((8, 64, 64, 3), np.uint8), 30, tmp_path / "t.mp4")
    monkeypatch.setattr(decoding, "MAX_SECONDS", -1.0)
    assert len(list(frames_of(tmp_path / "t.mp4"))) <= 1


@pytest.mark.parametrize("text", ["#EXTM3U\n/etc/passwd\n", "ffconcat version 1.0\nfile /etc/passwd\n"])
def test_playlists_in_disguise_are_no_video(tmp_path, text):
    (tmp_path / "t.mp4").write_text(text)
    with pytest.raises(MediaError, match=r"t\.mp4"):
        next(frames_of(tmp_path / "t.mp4"))
