import numpy as np
import pytest
from PIL import Image

from assets.ablations.comparison import ABLATIONS, METRICS, difference, with_best
from assets.ablations.recipe import ARMS, AVERAGE, BEST, FINETUNES, RATED, RATES, REAL, Recipe, Trial
from assets.ablations.report import write
from models.files import read_json


@pytest.fixture
def found():
    """Cells in which ours is surely better than v-prediction, and the second finetune is the best of seed 0."""
    generator = np.random.default_rng(0)

    def figures(better):
        drawn = {name: 0.5 + 0.2 * better * way + 0.01 * generator.random() for name, way in METRICS.items()}
        return drawn | {"choosing_loss": generator.random(), "weights": 2e6, "operations": 1e8}

    names = (REAL, *(arm.name for arm in ARMS), *(tune.name for tune in FINETUNES), AVERAGE)
    cells = {name: [figures(-1 if name.startswith("v-") else 1) for _ in range(3)] for name in names}
    cells |= {Trial(arm, rate).name: [figures(1)] for arm in RATED for rate in RATES}
    cells[FINETUNES[1].name][0]["choosing_loss"] = -1.0
    return cells


def test_a_difference_has_students_interval():
    one = difference([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], 1)
    assert one.mean == 2.0
    assert one.half == pytest.approx(4.3027 * 1.0 / 3**0.5, abs=1e-3)
    assert one.verdict == "better for every seed, yet the interval holds 0"


@pytest.mark.parametrize(
    ("values", "better", "verdict"),
    [
        ([0.10, 0.11, 0.12], 1, "better"),
        ([0.10, 0.11, 0.12], -1, "worse"),
        ([-0.1, 0.2, 0.1], 1, "undecided"),
        ([-0.1, -0.9, -0.1], 1, "worse for every seed, yet the interval holds 0"),
        ([0.0, 0.0, 0.0], 1, "undecided"),
    ],
)
def test_a_verdict_says_no_more_than_the_interval_does(values, better, verdict):
    assert difference(values, [0.0] * 3, better).verdict == verdict


def test_the_best_finetune_is_chosen_by_its_own_loss_seed_by_seed(found):
    best = with_best(found)[BEST]
    assert best[0] is found[FINETUNES[1].name][0]
    for seed in (1, 2):
        assert best[seed]["choosing_loss"] == min(found[tune.name][seed]["choosing_loss"] for tune in FINETUNES)


def test_the_report_tells_every_ablation_from_given_cells(found, tmp_path):
    page = write(found, Recipe(), tmp_path).read_text()
    for ablation in ABLATIONS:
        assert f"## {ablation.title}" in page
    assert "pictures/ablations.png" in page
    reading = next(line for line in page.splitlines() if line.startswith("- ours against v-prediction, cosine"))
    assert "better: flow loss, score, background, colour, motion, object, distance." in reading
    assert f"{found['v-cosine at 0.01'][0]['flow_loss']:.3f}, " in page.split("## Other learning rates")[1]
    told = read_json(tmp_path / "figures.json")
    score = told["differences"][ABLATIONS[0].title]["v-cosine"]["score"]
    expected = np.mean([a["score"] - b["score"] for a, b in zip(found["ours"], found["v-cosine"], strict=True)])
    assert score["mean"] == pytest.approx(expected)
    assert f"{expected:+.3f}" in page
    assert Image.open(tmp_path / "ablations.png").width > 600
