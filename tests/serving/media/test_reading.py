import numpy as np
import pytest
from PIL import Image

from serving.errors import MediaError
from serving.media.mp4 import write_mp4
from serving.media.reading import Limits, read_image, read_start, read_video


@pytest.fixture
def clip(tmp_path):
    write_mp4(tmp_path / "clip.mp4", np.zeros((32, 64, 96, 3), np.uint8), 16, np.zeros((96_000, 2), np.float32))
    return tmp_path / "clip.mp4"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(side=95), "96x64"),
        (Limits(frames=31), "more than 31 frames"),
        (Limits(seconds=1.9), "lasts 2 s"),
        (Limits(pixels=64 * 96 * 10), "more than 10 frames"),
    ],
)
def test_a_file_beyond_a_limit_is_refused(clip, limits, message):
    with pytest.raises(MediaError, match=message):
        read_video(clip, limits)


def test_a_file_within_all_limits_is_read(clip):
    assert read_video(clip, Limits(side=96, frames=32, seconds=2.5, pixels=64 * 96 * 32)).frames.shape == (
        32,
        64,
        96,
        3,
    )


@pytest.fixture
def counting(tmp_path):
    """Writes frames that are each four levels lighter than the last, and a tone."""

    def counting(count, fps):
        frames = 4 * np.arange(count, dtype=np.uint8)[:, None, None, None] * np.ones((1, 32, 48, 3), np.uint8)
        write_mp4(tmp_path / "n.mp4", frames, fps, np.full((count * 48_000 // fps, 2), 0.1, np.float32), crf=1)
        return tmp_path / "n.mp4"

    return counting


@pytest.mark.parametrize(
    ("count", "fps", "most", "shown"),
    [
        (48, 24, 64, [int(1.5 * index) for index in range(32)]),
        (10, 24, 64, [0, 1, 3, 4, 6, 7]),
        (8, 8, 64, [index // 2 for index in range(16)]),
        (30, 16, 5, [0, 1, 2, 3, 4]),
    ],
)
def test_the_beginning_is_read_at_another_frame_rate_with_its_sound(counting, count, fps, most, shown):
    video = read_start(counting(count, fps), 16, most)
    assert np.abs(video.frames.mean(axis=(1, 2, 3)) / 4 - shown).max() < 0.75
    assert video.fps == 16
    assert len(video.audio) == pytest.approx(len(shown) * 3000, abs=1)


def test_only_what_is_kept_counts_for_limits(counting):
    path = counting(60, 16)
    kept = Limits(frames=1, seconds=1.0, pixels=32 * 48 * 8)
    assert len(read_start(path, 16, 8, kept).frames) == 8
    with pytest.raises(MediaError, match="too many pixels to read 9 frames of it; 8 fit"):
        read_start(path, 16, 9, kept)
    with pytest.raises(MediaError, match="48x32"):
        read_start(path, 16, 8, Limits(side=47))


@pytest.mark.parametrize("read", [read_video, lambda path: read_start(path, 16, 4)])
@pytest.mark.parametrize("content", [b"", b"not a video", None])
def test_what_is_no_video_is_named(tmp_path, content, read):
    path = tmp_path / "x.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError, match=r"x\.mp4"):
        read(path)


def test_a_truncated_file_is_refused(clip):
    clip.write_bytes(clip.read_bytes()[:700])
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        read_video(clip)


def test_a_picture_is_read_upright_as_rgb(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
    image = Image.fromarray(pixels)
    exif = image.getexif()
    exif[0x0112] = 3  # upside down
    image.save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels[::-1, ::-1])


@pytest.mark.parametrize("content", [b"", b"GIF89a", None])
def test_what_is_no_picture_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(MediaError, match=r"a\.png"):
        read_image(tmp_path / "a.png")


def test_a_picture_beyond_the_limit_is_refused_before_it_is_decoded(tmp_path):
    Image.new("L", (5000, 4)).save(tmp_path / "a.png")
    with pytest.raises(MediaError, match="5000x4"):
        read_image(tmp_path / "a.png")
