import pytest

from orchestration.benches.curation.reel import Boundary
from orchestration.benches.curation.scoring import Score, score

TRUTH = [Boundary("cut", 100, 100), Boundary("dissolve", 200, 210)]


@pytest.mark.parametrize(
    ("found", "counts"),
    [
        ([100, 205], Score(2, 0, 0)),
        ([101, 199], Score(2, 0, 0)),
        ([98, 212], Score(0, 2, 2)),
        ([99, 101, 205], Score(2, 0, 1)),
        ([], Score(0, 2, 0)),
    ],
)
def test_each_boundary_is_hit_once_within_one_frame(found, counts):
    assert score(found, TRUTH) == counts


def test_f1_is_the_harmonic_mean_of_precision_and_recall():
    precision, recall = 6 / 8, 6 / 10
    assert Score(hits=6, missed=4, wrong=2).f1 == pytest.approx(2 * precision * recall / (precision + recall))
