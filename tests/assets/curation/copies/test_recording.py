import numpy as np
import pytest

from assets.curation.analysis import analyse
from assets.curation.copies.look import PICTURE, Gathering
from assets.curation.copies.recording import RATE, Recording
from assets.curation.signals.frame import Frame
from serving.media.timed import timed_frames
from tests.assets.curation.looks import textured
from tests.assets.videos import write_video


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Two shots of moving things, 2 and 3 s."""
    pictures = [*textured(1, count=50, height=144, width=256), *textured(2, count=75, height=144, width=256)]
    return write_video(tmp_path_factory.mktemp("film") / "a.mp4", pictures, options={"crf": "20"})


def test_the_one_pass_finds_the_looks_that_a_decoding_for_each_clip_would(film):
    analysis = analyse(film)
    assert len(analysis.spans) == 2
    for (start, end), packed in zip(analysis.spans, analysis.looks, strict=True):
        gathering, last = Gathering(), -1.0
        for timed in timed_frames(film):
            if timed.seconds - last >= 1 / RATE - 1e-6 or last < 0:
                last = timed.seconds
                if start - 1e-6 <= last < end - 1e-6:
                    gathering.add(Frame(timed, sampled=True).picture)
        assert packed == gathering.look().packed()


def test_a_span_between_two_pictures_has_no_look(film):
    recording = Recording()
    for timed in timed_frames(film):
        recording.see(Frame(timed, sampled=True))
    whole, none, nothing = recording.looks([(0.0, 5.0), (0.01, 0.05), (9.0, 10.0)])
    assert whole
    assert none is nothing is None


def test_memory_does_not_grow_with_the_film():
    recording = Recording()
    picture = np.random.default_rng(0).integers(0, 255, (90, 160, 3)).astype(np.uint8)

    class Shown:
        def __init__(self, seconds):
            self.seconds = seconds
            self.picture = picture

    for number in range(800):
        recording.see(Shown(number / RATE))
    held = recording._seconds.itemsize * len(recording._seconds)
    assert held == 6400  # eight bytes a picture stay; its pixels are in the file
    assert recording._file.tell() == 800 * PICTURE
