from itertools import pairwise

import av
import numpy as np
import pytest

from orchestration.benches.curation.reel import make_reel
from orchestration.benches.curation.speed import recall


@pytest.fixture(scope="module")
def reel(tmp_path_factory):
    return make_reel(tmp_path_factory.mktemp("reel") / "reel.mp4", shots=8, seed=4, size=(128, 72), lettered=True)


def test_the_true_cuts_are_where_the_picture_jumps(reel):
    with av.open(str(reel.path)) as file:
        pictures = np.stack([frame.to_ndarray(format="gray") for frame in file.decode(video=0)]).astype(float)
    assert len(pictures) == reel.frames
    steps = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2))  # [n] is from frame n to n + 1
    cuts = [boundary.first for boundary in reel.boundaries if boundary.kind == "cut"]
    assert cuts
    for cut in cuts:
        assert steps[cut - 1] > 2 * np.median(steps[max(0, cut - 8) : cut + 8])


def test_transitions_do_not_overlap_and_every_frame_knows_its_words(reel):
    assert len(reel.boundaries) == 7
    assert len(reel.words) == reel.frames
    ends = [(boundary.first, boundary.last) for boundary in reel.boundaries]
    assert all(before[1] < after[0] for before, after in pairwise(ends))


def test_recall_counts_the_words_shown_at_the_looks(reel):
    number = next(index for index, words in enumerate(reel.words) if words)
    words = reel.words[number]
    assert recall([(number / 25, ["".join(words).upper()])], reel) == 1.0
    assert recall([(number / 25, [])], reel) == 0.0
