import struct
from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from serving.errors import MediaError
from serving.media.mp4 import write_mp4
from serving.media.reading import Limits, read_image, read_sound, read_start, read_video
from tests.assets.videos import write_changing_sound


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


@pytest.fixture
def recorded(tmp_path):
    """Writes frames that are each ten levels lighter than the last at times of their own, and a tone from a time on."""

    def recorded(times, size=(32, 48), sar=1, tone=0.0):
        path = tmp_path / "r.mp4"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=1000, options={"crf": "1", "x264-params": f"sar={sar}/1"})
            stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
            stream.codec_context.time_base = Fraction(1, 1000)
            sound = container.add_stream("aac", rate=48_000)
            sound.layout = "mono"
            for number, time in enumerate(times):
                frame = av.VideoFrame.from_ndarray(np.full((*size, 3), 10 * (number % 25), np.uint8), format="rgb24")
                frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
            waves = 0.5 * np.sin(2 * np.pi * 440 * np.arange(96_000, dtype=np.float32) / 48_000)
            for start in range(0, len(waves), 1024):
                block = av.AudioFrame.from_ndarray(waves[None, start : start + 1024], format="fltp", layout="mono")
                block.sample_rate, block.pts = 48_000, round(tone * 48_000) + start
                block.time_base = Fraction(1, 48_000)
                container.mux(sound.encode(block))
            container.mux(sound.encode())
        return path

    return recorded


def test_frames_are_taken_when_the_file_shows_them(recorded):
    video = read_start(recorded([0, 0.1, 0.2, 1.0, 1.5]), 16, 24)
    shown = video.frames.mean(axis=(1, 2, 3)) / 10
    wanted = [0, 0, 1, 1, *[2] * 12, *[3] * 8]
    assert np.abs(shown[:24] - wanted).max() < 0.3
    assert len(video.frames) == 24


@pytest.mark.parametrize("tone", [0.0, 0.5])
def test_sound_is_heard_when_the_file_lets_it_be_heard(recorded, tone):
    video = read_start(recorded([index / 16 for index in range(33)], tone=tone), 16, 32)
    heard = np.abs(video.audio[:, 0]) > 0.1
    assert len(video.audio) == 96_000
    assert np.argmax(heard) / 48_000 == pytest.approx(tone, abs=0.03)


def test_what_is_kept_is_bounded_however_a_file_tells_its_times(recorded):
    with pytest.raises(MediaError, match="too many pixels to read 24 frames of it; 8 fit"):
        read_start(recorded([0, 2.0]), 16, 24, Limits(pixels=8 * 32 * 48))
    early = recorded([1.5, 1.6, 1.7, 1.8])
    assert len(read_start(early, 16, 4).audio) == pytest.approx(0.25 * 48_000, abs=1)
    with pytest.raises(MediaError, match="more than 1 s of sound"):
        read_start(early, 16, 4, Limits(seconds=1.0))


def test_a_recording_held_upright_is_read_upright_and_of_square_pixels(recorded):
    wide = recorded([0, 0.5, 1.0], sar=2)
    assert read_start(wide, 16, 4).frames.shape == (4, 32, 96, 3)
    upright = recorded([0, 0.5, 1.0])
    content = bytearray(upright.read_bytes())
    matrix = content.index(b"tkhd") + 44
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    upright.write_bytes(content)
    assert read_start(upright, 16, 4).frames.shape == (4, 48, 32, 3)


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


@pytest.mark.parametrize("later", [(48000, "5.1"), (44100, "stereo")])
def test_sound_that_changes_its_layout_or_rate_is_read_as_it_begins(tmp_path, later):
    samples, rate = read_sound(write_changing_sound(tmp_path / "changing.mkv", [(48000, "stereo"), later]))
    assert (rate, samples.shape[1]) == (48000, 2)
    assert len(samples) / rate == pytest.approx(4, abs=0.1)
    spectrum = np.abs(np.fft.rfft(samples[-48000:, 0]))
    assert spectrum.argmax() == pytest.approx(440, abs=1)


@pytest.mark.parametrize(
    ("known", "read"), [(b"A_AC3", read_sound), (b"V_MPEG4/ISO/AVC", read_video), (b"V_MPEG4/ISO/AVC", read_start)]
)
def test_an_unknown_codec_is_named(tmp_path, known, read):
    path = write_changing_sound(tmp_path / "unknown.mkv", [(48000, "stereo")])
    path.write_bytes(path.read_bytes().replace(known, known[:2] + b"XYZ" + known[5:]))
    with pytest.raises(MediaError, match="codec is not supported"):
        read(path, *(16, 8) * (read is read_start))


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
