"""Which average of finetunes is kept, by loss and by what the checkers see."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from assets.artifact import SCRATCH, Built
from assets.averaging import Verdict, chosen_average
from assets.evaluation.candidates import candidate_prompts, candidate_protocol
from assets.evaluation.prompts import EVALUATION_PROMPTS
from models.averaging_recipe import AveragingRecipe
from models.files import write_json
from models.recipes import demo, full

VALUES = {"near": 1.0, "far": -3.0, "astray": 10.0}


def value(folder: Path) -> float:
    return float(load_file(folder / "model.safetensors")["a"][0])


@pytest.fixture
def finetunes(tmp_path: Path) -> dict[str, Path]:
    folders = {}
    for name, number in VALUES.items():
        folders[name] = tmp_path / f"finetunes-{name}"
        folders[name].mkdir()
        save_file({"a": np.array([number], np.float32)}, folders[name] / "model.safetensors")
        write_json(folders[name] / "config.json", {})
    return folders


def chosen(folder: Path, finetunes: dict[str, Path], recipe: AveragingRecipe, judge) -> tuple[Built, list[str]]:
    lines: list[str] = []
    return chosen_average(folder, finetunes, recipe, judge, lines.append), lines


def by_loss(folder: Path) -> Verdict:
    return Verdict(abs(value(folder)))


def test_the_average_with_the_least_loss_is_kept(tmp_path, finetunes):
    recipe = AveragingRecipe(("uniform", "greedy"))
    built, lines = chosen(tmp_path / "out", finetunes, recipe, by_loss)
    assert value(tmp_path / "out") == 1.0  # with far the loss is the same: not better
    assert built.meta["method"] == "greedy"
    assert built.meta["parents"] == "near"
    assert built.metrics["validation_loss_uniform"] == pytest.approx(8 / 3)
    assert built.metrics["validation_loss_astray"] == 10.0
    assert built.meta["best_single"] == 1.0
    assert lines[0] == "near: validation_loss 1.0000"


def test_what_a_killed_average_left_is_not_kept(tmp_path, finetunes):
    left = tmp_path / "out" / SCRATCH / "uniform" / ".model.0123abcd.tmp.safetensors"
    left.parent.mkdir(parents=True)
    left.write_text("half of it")
    chosen(tmp_path / "out", finetunes, AveragingRecipe(("uniform",)), by_loss)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {SCRATCH, "model.safetensors", "config.json"}


def test_weights_are_those_of_the_recipe(tmp_path, finetunes):
    recipe = AveragingRecipe(("weighted",), (("astray", 0.0), ("far", 1.0), ("near", 3.0)))
    built, _ = chosen(tmp_path / "out", finetunes, recipe, by_loss)
    assert value(tmp_path / "out") == 0.0
    assert built.meta["method"] == "weighted"


def test_weights_of_other_finetunes_are_refused(tmp_path, finetunes):
    recipe = AveragingRecipe(("weighted",), (("near", 1.0),))
    with pytest.raises(ValueError, match="far"):
        chosen(tmp_path / "out", finetunes, recipe, by_loss)
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_what_the_checkers_see_counts_before_the_loss(tmp_path, finetunes):
    def judge(folder: Path) -> Verdict:  # the loss would take near; what is seen is best near 10
        return Verdict(abs(value(folder)), score=-abs(value(folder) - 10))

    built, _ = chosen(tmp_path / "out", finetunes, AveragingRecipe(("uniform", "greedy")), judge)
    assert value(tmp_path / "out") == 10.0
    assert built.meta["parents"] == "astray"
    assert built.metrics["checker_score"] == 0.0
    assert built.metrics["checker_score_near"] == -9.0


def test_the_loss_decides_where_as_much_is_seen(tmp_path, finetunes):
    built, _ = chosen(
        tmp_path / "out", finetunes, AveragingRecipe(("greedy",)), lambda folder: Verdict(abs(value(folder)), score=0.5)
    )
    assert built.meta["parents"].startswith("near")


def test_equal_weights_are_judged_once(tmp_path, finetunes):
    asked: list[float] = []

    def judge(folder: Path) -> Verdict:
        asked.append(value(folder))
        return Verdict(abs(value(folder) + 0.5))

    built, _ = chosen(tmp_path / "out", finetunes, AveragingRecipe(), judge)
    assert built.meta["parents"] == "near, far"
    assert len(asked) == len(set(asked)) == 5  # three finetunes, the first two and all of them together


@pytest.mark.parametrize(
    ("ways", "weights"), [((), ()), (("weighted",), ()), (("uniform",), (("near", 1.0),))], ids=["none", "no", "idle"]
)
def test_recipes_that_make_no_sense_are_refused(ways, weights):
    with pytest.raises(ValueError, match="ways"):
        AveragingRecipe(ways, weights)


@pytest.mark.parametrize("profile", [demo(), full()], ids=["demo", "full"])
def test_candidates_are_judged_by_prompts_that_the_report_does_not_ask(profile):
    prompts = candidate_prompts(profile, 40)
    assert len({prompt.text for prompt in prompts}) > 30
    assert not {prompt.text for prompt in prompts} & {prompt.text for prompt in EVALUATION_PROMPTS}
    assert all(prompt.kind and prompt.motion for prompt in prompts)
    assert candidate_protocol(profile, 2).name != candidate_protocol(profile, 3).name
