import pickle

import av
import numpy as np
import pytest

from assets.curation.analysis import analyse
from assets.curation.clips import _clips, measure, signals, split
from assets.curation.signals.sound import Sound
from tests.assets.curation.signals.pictures import gliding
from tests.assets.videos import moving_pictures, write_changing_sound, write_video

EXPECTED = {
    "motion", "sharpness", "brightness", "shift", "steadiness", "colours",
    "motion_score", "vector_length", "speed", "shake", "still_share", "static", "border", "borders",
    "blockiness", "detail", "contrast", "colourfulness", "text_score", "text_area", "text", "nsfw",
    "camera", "aesthetics", "embedding",
    "loudness", "silence", "speech", "music", "onsets", "sounds", "shots_per_second", "slideshow", "missing",
}  # fmt: skip


class Unmeasured:
    """A track of what is no number."""

    def result(self, start, end):
        return {"loudness": float("nan")}


def footage(path, name="film"):
    return {"id": name, "path": str(path), "status": "ok", "duration": 3.0, "width": 256, "height": 144, "fps": 16.0}


def with_sound(path, pictures, samples):
    """H.264 and AAC at 16 frames and 16,000 samples a second."""
    with av.open(str(path), "w") as file:
        video, audio = file.add_stream("libx264", rate=16), file.add_stream("aac", rate=16000, layout="mono")
        video.height, video.width, video.pix_fmt = 144, 256, "yuv420p"
        for picture in pictures:
            file.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        for begin in range(0, len(samples), 1024):
            block = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
            block.sample_rate, block.pts = 16000, begin
            file.mux(audio.encode(block))
        file.mux(video.encode())
        file.mux(audio.encode())
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    burst = np.zeros(48000, dtype=np.float32)
    burst[24000:] = np.random.default_rng(0).normal(0, 0.2, 24000)
    return with_sound(tmp_path_factory.mktemp("film") / "film.mp4", gliding(48, 2.0), burst)


def test_a_clip_has_every_documented_signal_and_a_reason_for_each_that_is_none(film):
    (row,) = split([footage(film)])
    assert row["error"] is None
    assert set(row["signals"]) == EXPECTED
    unknown = {name for name, value in row["signals"].items() if value is None}
    assert unknown == set(row["signals"]["missing"])
    assert unknown == {"slideshow"}


def test_pictures_and_sound_of_one_pass_share_one_clock(film):
    measured = signals(analyse(film), 1.0, 3.0)
    assert measured["onsets"][0] == pytest.approx(0.5, abs=0.06)
    assert measured["silence"] == pytest.approx(0.25, abs=0.05)
    assert measured["speed"] == pytest.approx(2 / 256 * 16, rel=0.1)


def test_an_analysis_crosses_processes(film):
    analysis = analyse(film)
    copied = pickle.loads(pickle.dumps(analysis))  # what the pipe to the isolated process does
    assert signals(copied, 0.0, 3.0) == signals(analysis, 0.0, 3.0)


def test_a_broken_film_is_one_row_with_its_error_and_the_next_film_is_still_measured(tmp_path, film):
    broken = write_video(tmp_path / "broken.mp4", moving_pictures(40), options={"crf": "18"})
    broken.write_bytes(broken.read_bytes()[: broken.stat().st_size // 2])
    rows = split([footage(broken, "broken"), footage(film, "whole")])
    assert [(row["source"], row["error"] is None) for row in rows] == [("broken", False), ("whole", True)]
    assert rows[0]["signals"] == {}


@pytest.mark.parametrize("stands", [40, 90])
def test_a_picture_that_stands_for_long_is_measured_as_it_stands(tmp_path, stands):
    pictures = list(moving_pictures(20))
    times = [100 * n + (0 if n < 10 else 1000 * stands) for n in range(20)]
    path = write_video(tmp_path / "still.mkv", pictures, times=times, options={"bf": "0"})
    rows = split([footage(path)])
    assert len(rows) > stands / 16
    assert all(row["error"] is None and row["look"] for row in rows)
    for row in rows[1:-1]:
        assert (row["signals"]["motion"], row["signals"]["static"]) == (0.0, True)
        assert row["signals"]["detail"] == pytest.approx(rows[0]["signals"]["detail"], rel=0.1)


def test_a_film_of_two_pictures_is_measured_to_its_end(tmp_path):
    path = write_video(tmp_path / "two.mkv", [*moving_pictures(2)], times=[0, 40000], options={"bf": "0"})
    rows = split([footage(path)])
    assert rows[-1]["end"] == pytest.approx(80)
    assert all(row["error"] is None and row["look"] for row in rows)


def test_a_film_may_take_as_long_as_there_is_to_look_at_in_it():
    large = footage("large.mp4") | {"width": 3840, "height": 2160, "fps": 60.0, "duration": 600.0}
    allowed = []
    for row in (large, footage("small.mp4")):
        _clips(row, lambda _, seconds: allowed.append(seconds) or [])
    assert allowed[0] > 36_000 * 0.4
    assert 1800 <= allowed[1] < 1810


def test_a_film_without_a_shot_is_one_row_that_says_so(tmp_path):
    (row,) = split([footage(write_video(tmp_path / "one.mp4", moving_pictures(1)))])
    assert row["error"].startswith("no shot")
    assert (row["start"], row["end"], row["signals"]) == (0.0, 3.0, {})


def test_a_signal_that_is_no_number_is_the_error_of_its_file(tmp_path, film, monkeypatch):
    monkeypatch.setattr(Sound, "track", lambda _: Unmeasured())
    with pytest.raises(ValueError, match=r"loudness from 0\.00 to 3\.00 s is no finite number"):
        measure(film)


def test_sound_that_cannot_be_decoded_leaves_the_pictures_their_signals(tmp_path, film):
    rotten = bytearray(film.read_bytes())
    with av.open(str(film)) as container:
        places = [packet.pos for packet in container.demux(audio=0) if packet.pos is not None and packet.size > 8]
    for place in places[3:]:
        rotten[place : place + 8] = b"\xff" * 8
    (tmp_path / "rotten.mp4").write_bytes(rotten)
    (row,) = split([footage(tmp_path / "rotten.mp4")])
    assert row["error"] is None
    assert row["signals"]["motion_score"] > 0
    assert row["signals"]["loudness"] is None
    assert "decoded" in row["signals"]["missing"]["loudness"]


@pytest.mark.parametrize("later", [(48000, "5.1"), (44100, "stereo")])
def test_sound_that_changes_its_layout_or_rate_is_heard_on(tmp_path, later):
    found = analyse(write_changing_sound(tmp_path / "changing.mkv", [(48000, "stereo"), later]))
    for start in (0.2, 2.2):
        measured = signals(found, start, start + 1.6)
        assert measured["silence"] == 0.0
        assert measured["loudness"] > -11


def test_sound_of_an_unknown_codec_leaves_the_pictures_their_signals(tmp_path):
    path = write_changing_sound(tmp_path / "unknown.mkv", [(48000, "stereo")])
    path.write_bytes(path.read_bytes().replace(b"A_AC3", b"A_XYZ"))
    (row,) = split([footage(path)])
    assert row["error"] is None
    assert row["signals"]["motion_score"] > 0
    assert row["signals"]["missing"]["loudness"] == "the sound could not be decoded: its codec is not supported"


def test_frames_of_a_dissolve_are_in_no_clip(tmp_path):
    first, second = list(moving_pictures(40, seed=1)), list(moving_pictures(40, seed=2))
    mixed = [
        ((1 - share) * a + share * b).astype(np.uint8)
        for a, b, share in zip(first[30:], second[:10], (np.arange(10) + 1) / 11, strict=True)
    ]
    rows = split([footage(write_video(tmp_path / "mixed.mp4", [*first[:30], *mixed, *second[10:]]))])
    assert len(rows) == 2
    assert rows[0]["end"] <= 32 / 25
    assert rows[1]["start"] >= 38 / 25
