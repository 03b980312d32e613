import av
import numpy as np
import pytest

from serving.errors import MediaError
from serving.media.loudness import measure, stereo
from serving.media.mp4 import write_mp4
from serving.media.reading import read_video

RATE = 48_000


def moving_bar(count, height=64, width=96):
    frames = np.full((count, height, width, 3), (200, 60, 20), np.uint8)
    for index, frame in enumerate(frames):
        frame[:, index % width : index % width + 8] = (20, 60, 220)
    return frames


@pytest.mark.parametrize("count", [1, 2, 37, 64])
def test_exactly_the_given_frames_come_back(tmp_path, count):
    frames = moving_bar(count)
    audio = stereo(0.1 * np.sin(np.arange(count * 3000) * 0.05).astype(np.float32))
    assert write_mp4(tmp_path / "a.mp4", frames, 16, audio) == count
    video = read_video(tmp_path / "a.mp4")
    assert video.frames.shape == frames.shape
    assert video.fps == pytest.approx(16)
    error = video.frames.astype(float) - frames
    assert 10 * np.log10(255**2 / np.mean(error**2)) > 25


def test_colours_survive_through_the_tagged_matrix(tmp_path):
    frames = np.full((8, 64, 64, 3), (200, 60, 20), np.uint8)
    write_mp4(tmp_path / "a.mp4", frames, 16)
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (1, 1, 1, 1)
        frame = next(container.decode(video=0))
    # BT.709 by hand: luma of (200, 60, 20) in limited range.
    luma = 16 + 219 * (0.2126 * 200 + 0.7152 * 60 + 0.0722 * 20) / 255
    assert frame.to_ndarray()[:64].mean() == pytest.approx(luma, abs=1.5)


def test_sound_keeps_its_length_level_and_place(tmp_path):
    audio = np.zeros((3 * RATE, 2), np.float32)
    audio[RATE : 2 * RATE] = 0.2 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)[:, None]
    write_mp4(tmp_path / "a.mp4", moving_bar(48), 16, audio)
    video = read_video(tmp_path / "a.mp4")
    assert video.sample_rate == RATE
    assert video.audio.shape[1] == 2
    assert abs(len(video.audio) - len(audio)) <= 1024  # AAC counts in frames of 1024
    loud = np.flatnonzero(np.abs(video.audio[:, 0]) > 0.1)
    assert loud[0] == pytest.approx(RATE, abs=200)
    assert measure(video.audio, RATE).lufs == pytest.approx(measure(audio, RATE).lufs, abs=0.3)


def test_the_index_comes_before_the_data(tmp_path):
    write_mp4(tmp_path / "a.mp4", moving_bar(8), 16)
    content = (tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_frames_may_come_from_a_generator(tmp_path):
    assert write_mp4(tmp_path / "a.mp4", (frame for frame in moving_bar(5)), 16) == 5


def test_a_failing_source_leaves_no_file(tmp_path):
    def frames():
        yield from moving_bar(3)
        raise RuntimeError("lost")

    with pytest.raises(RuntimeError, match="lost"):
        write_mp4(tmp_path / "a.mp4", frames(), 16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "at least one"),
        (np.zeros((2, 63, 64, 3), np.uint8), "even"),
        ([np.zeros((64, 64, 3), np.uint8), np.zeros((64, 32, 3), np.uint8)], "frame 1 is 32x64"),
    ],
)
def test_what_cannot_be_encoded_is_refused(tmp_path, frames, message):
    with pytest.raises(MediaError, match=message):
        write_mp4(tmp_path / "a.mp4", frames, 16)
