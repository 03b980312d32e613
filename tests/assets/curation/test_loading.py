import numpy as np
import pytest

from assets.curation.loading import ClipUnreadable, load_clip
from tests.assets.videos import write_video


def numbered(count, height=64, width=96):
    """Pictures that show their number: eight bands, white for a one, black for a zero, the lowest bit on top."""
    bits = [[number >> band & 1 for band in range(8)] for number in range(count)]
    return [
        np.broadcast_to(np.repeat(b, height // 8)[:, None, None] * 255, (height, width, 3)).astype(np.uint8)
        for b in bits
    ]


def numbers(pictures):
    bands = pictures.reshape(len(pictures), 8, -1).mean(axis=2) > 128
    return [int(sum(bit << band for band, bit in enumerate(row))) for row in bands.astype(int)]


def load(path, start, end, frames, fps):
    return numbers(load_clip({"path": str(path), "start": start, "end": end}, 32, 32, frames, fps))


@pytest.fixture(scope="module")
def steady(tmp_path_factory):
    path = tmp_path_factory.mktemp("steady") / "a.mp4"
    return write_video(path, numbered(90), fps=30, options={"g": "24", "crf": "4", "bf": "3"})


@pytest.mark.parametrize(
    ("start", "end", "frames", "fps"),
    [(0.0, 3.0, 90, 30), (1.0, 2.0, 16, 16), (0.5, 1.5, 24, 24), (1 / 3, 2.0, 10, 6), (1.01, 2.9, 5, 3)],
)
def test_frame_i_is_what_is_on_the_screen_at_its_time(steady, start, end, frames, fps):
    expected = [int((start + i / fps) * 30 + 1e-6) for i in range(frames)]
    assert load(steady, start, end, frames, fps) == expected


@pytest.mark.parametrize("seconds", [0.5, 2, 4])
@pytest.mark.parametrize(("name", "codec"), [("a.ts", "libx264"), ("a.mpg", "mpeg2video")])
def test_frames_begin_at_their_time_in_formats_without_an_index_of_key_frames(tmp_path, name, codec, seconds):
    options = {"g": str(int(seconds * 24)), "bf": "2"}
    path = write_video(tmp_path / name, numbered(192), fps=24, codec=codec, options=options)
    for start, end in [(0.3, 1.3), (2.1, 2.6), (1.2, 3.2), (4.3, 6.0), (7.6, 8.0)]:
        frames = int((end - start) * 24)
        expected = [int(start * 24 + i + 1e-6) for i in range(frames)]
        assert load(path, start, end, frames, 24) == expected


def test_the_last_frame_stands_past_the_clips_end_and_none_comes_from_beyond_it(steady):
    assert load(steady, 1.0, 1.2, 12, 30) == [30, 31, 32, 33, 34, 35, 35, 35, 35, 35, 35, 35]


def test_times_count_and_not_frame_numbers_when_the_rate_varies(tmp_path):
    times = [0, 100, 200, 700, 800, 1500, 1600, 1700]
    path = write_video(tmp_path / "v.mkv", numbered(8), times=times, options={"bf": "0", "crf": "4"})
    assert load(path, 0.0, 1.8, 9, 5) == [0, 2, 2, 2, 4, 4, 4, 4, 6]


def test_times_start_at_the_first_frame_wherever_the_stream_starts(tmp_path):
    path = write_video(tmp_path / "late.mkv", numbered(8), times=[900 + 100 * n for n in range(8)], options={"bf": "0"})
    assert load(path, 0.0, 0.8, 8, 10) == list(range(8))


def test_the_middle_is_cut_out(tmp_path):
    picture = np.zeros((64, 128, 3), np.uint8)
    picture[:, :32], picture[:, 96:] = [255, 0, 0], [0, 0, 255]
    path = write_video(tmp_path / "wide.mp4", [picture] * 4, options={"crf": "4"})
    found = load_clip({"path": str(path), "start": 0.0, "end": 0.1}, 32, 32, 1, 16)
    assert found.shape == (1, 32, 32, 3)
    assert found[0, :, 2:-2].max() < 20


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(ClipUnreadable, match="gone"):
        load(tmp_path / "gone.mp4", 0.0, 1.0, 1, 16)
