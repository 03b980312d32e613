import numpy as np
import pytest

from assets.curation.aesthetics.pictures import Source
from assets.curation.aesthetics.spoiling import DEGREES, WAYS
from assets.curation.aesthetics.train import _between, _fitted, _measured, examples, figures, pairs, trained
from tests.assets.curation.signals.pictures import ground


@pytest.fixture(scope="module")
def seen():
    pictures = [ground(seed, 90, 160) for seed in range(3)]
    return examples([Source("a", (pictures[0],)), Source("b", tuple(pictures[1:]))])


def test_each_view_is_there_as_it_is_and_in_every_way_and_degree(seen):
    each = 1 + len(WAYS) * len(DEGREES)
    assert len(seen.table) == (6 + 2 * 3) * each
    assert np.bincount(seen.view).tolist() == [each] * 12


def test_sources_weigh_alike_however_many_pictures_they_have(seen):
    first = seen.view < 6
    assert seen.weight[first].sum() == pytest.approx(seen.weight[~first].sum())


def test_the_less_spoiled_of_one_view_and_way_comes_first(seen):
    found = list(pairs(seen))
    assert len(found) == 12 * len(WAYS) * 6  # of four degrees, none included
    for better, worse in found:
        assert seen.view[better] == seen.view[worse]
        assert seen.degree[better] < seen.degree[worse]
        assert seen.way[better] in {-1, seen.way[worse]}


def test_the_scale_and_the_figures_come_from_rankers_that_have_not_seen_the_source(seen):
    ranker, scores, _ = trained(seen)
    clean = seen.degree == 0
    assert np.median(scores[clean]) == pytest.approx(6, abs=0.05)
    first = seen.source == 0
    others = np.flatnonzero(~first)
    alone = _measured(_fitted(seen, others), seen, others)[first]
    assert np.corrcoef(alone, np.log(scores[first] / (10 - scores[first])))[0, 1] == pytest.approx(1, abs=1e-6)
    found = figures(scores, seen)
    right = np.array([scores[better] > scores[worse] for better, worse in pairs(seen)])
    of_first = np.array([seen.source[better] == 0 for better, _ in pairs(seen)])
    assert found["ranked"] == pytest.approx((right[of_first].mean() + right[~of_first].mean()) / 2)
    assert found["pictures"] == 12
    assert np.median(ranker.scores(seen.table)[clean]) > 6  # it has seen them


def test_two_sets_are_parted_where_fewest_are_on_the_wrong_side(seen):
    scores = np.where(seen.degree == 0, 1.5, np.where(seen.degree >= DEGREES[1], 0.5, 9.0))
    assert 0.5 < _between(scores, seen) <= 1.5
