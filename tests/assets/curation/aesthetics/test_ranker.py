import numpy as np
import pytest

from assets.curation.aesthetics.ranker import LEAST, WEIGHTS, Ranker, aesthetics, fit
from assets.curation.aesthetics.spoiling import DEGREES, WAYS, spoiled
from assets.ingestion.packages import package_footage
from assets.world.draw import WorldOptions, draw
from assets.world.render import render
from serving.media.timed import timed_frames


def test_pairs_teach_an_order(tmp_path):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(400, 6))
    worth = table[:, 2] - 2 * table[:, 4]
    first, second = rng.integers(0, 400, (2, 4000))
    better, worse = np.where(worth[first] > worth[second], (first, second), (second, first))
    ranker = fit(table, better, worse, 0)
    fresh = rng.normal(size=(300, 6))
    assert np.corrcoef(ranker.raw(fresh), fresh[:, 2] - 2 * fresh[:, 4])[0, 1] > 0.95
    ranker.save(tmp_path / "ranker.safetensors")
    assert np.array_equal(Ranker.load(tmp_path / "ranker.safetensors").scores(fresh), ranker.scores(fresh))
    assert np.array_equal(fit(table, better, worse, 0).raw(fresh), ranker.raw(fresh))


def test_the_weights_are_small():
    assert WEIGHTS.stat().st_size < 10_000


@pytest.fixture(scope="module")
def frames():
    """Of the packages' footage, and scenes of the world that training has not seen."""
    (path,) = (item.path for item in package_footage() if item.path.name == "cityCC0.mpg")
    footage = [timed.upright((512, 288)) for number, timed in enumerate(timed_frames(path)) if number % 60 == 20]
    options = WorldOptions(backgrounds=("layered",), styles=0.0, text=0.0, split="train")
    return [*footage, *(render(draw(seed, options), 288, 512, 8, 1).frames[0] for seed in range(75_000, 75_006))]


def test_ordinary_pictures_are_mostly_good_enough_and_mostly_are_not_when_they_are_badly_spoiled(frames):
    assert np.mean([aesthetics(frame) >= LEAST for frame in frames]) >= 0.7
    for way in ("grainy", "burnt", "washed out", "gaudy"):  # others are seen less surely
        assert np.mean([aesthetics(spoiled(frame, way, 1.0, 7)) < LEAST for frame in frames]) >= 0.7, way


def test_the_more_a_picture_is_spoiled_the_lower_it_scores(frames):
    right = []
    for frame in frames:
        for way in WAYS:
            scores = [aesthetics(frame), *(aesthetics(spoiled(frame, way, degree, 7)) for degree in DEGREES)]
            right += [scores[place] > scores[place + 1] for place in range(3)]
    assert np.mean(right) > 0.8


def test_a_score_lies_between_0_and_10():
    rng = np.random.default_rng(2)
    for picture in (np.zeros((80, 90, 3)), rng.integers(0, 256, (80, 90, 3)), np.full((300, 40, 3), 255)):
        assert 0 <= aesthetics(picture.astype(np.uint8)) <= 10
