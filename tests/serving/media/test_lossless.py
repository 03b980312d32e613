import numpy as np
import pytest

from serving.errors import MediaError
from serving.media.lossless import write_lossless
from serving.media.reading import each_frame


@pytest.mark.parametrize("size", [(64, 112), (33, 71)])
def test_frames_come_back_bit_for_bit(tmp_path, size):
    frames = np.random.default_rng(0).integers(0, 256, (9, *size, 3), np.uint8)
    frames[3] = frames[2]
    assert write_lossless(tmp_path / "a.mkv", frames, 16) == 9
    np.testing.assert_array_equal(np.stack(list(each_frame(tmp_path / "a.mkv"))), frames)


def test_what_fails_leaves_nothing(tmp_path):
    def failing():
        yield np.zeros((16, 16, 3), np.uint8)
        raise RuntimeError("the model is gone")

    with pytest.raises(RuntimeError, match="gone"):
        write_lossless(tmp_path / "a.mkv", failing(), 16)
    with pytest.raises(MediaError, match="at least one frame"):
        write_lossless(tmp_path / "a.mkv", [], 16)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_video_is_told_by_name(tmp_path):
    (tmp_path / "a.mkv").write_bytes(b"nothing")
    with pytest.raises(MediaError, match=r"a\.mkv cannot be read"):
        next(each_frame(tmp_path / "a.mkv"))
