from dataclasses import replace

import pytest

from assets.ablations import cells as module
from assets.ablations.cells import Cell, cells, made, run
from assets.ablations.recipe import ARMS, AVERAGE, FINETUNES, OURS, RATED, RATES, Trial
from models.averaging import average_folders
from models.backbone import load_backbone
from models.files import read_json
from models.training.solo import Solo


def counted(monkeypatch):
    """Cells that are really made, with figures that name them."""
    done = []

    def make(cell, recipe, folder, index):
        done.append((cell.name, cell.seed))
        if len(done) == 5:
            raise KeyboardInterrupt
        return {"score": float(cell.seed)}

    monkeypatch.setattr(module, "made", make)
    monkeypatch.setattr(module, "encoded", lambda recipe, folder: folder / "index.json")
    return done


def test_a_finished_cell_is_not_made_again_unless_the_recipe_is_another(small, tmp_path, monkeypatch):
    done = counted(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(small, tmp_path)
    found = run(small, tmp_path)
    count = len(list(cells(small)))
    assert done[4] == done[5]  # the one that was broken off
    assert len(done) == count + 1
    assert found["ours"] == [{"score": 0.0}, {"score": 1.0}]
    assert run(small, tmp_path) == found
    assert len(done) == count + 1
    assert read_json(tmp_path / "cells" / "ours-1.json")["arm"] == "ours"
    run(replace(small, guidance=1.5), tmp_path)
    assert len(done) == 2 * count + 1


def test_a_cell_whose_judging_is_broken_off_is_not_trained_again(small, index, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "encoded", lambda recipe, folder: index)
    monkeypatch.setattr(module, "cells", lambda recipe: [Cell(OURS, 0)])

    def broken_off(*rest):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(module.judging, "judged", broken_off)
        with pytest.raises(KeyboardInterrupt):
            run(small, tmp_path)
    judged_by_weights(monkeypatch)
    monkeypatch.setattr(Solo, "_step", lambda *_: pytest.fail("a step again"))
    run(small, tmp_path)
    assert not any((tmp_path / "work").iterdir())


def test_each_cell_comes_after_what_it_starts_from(small):
    names = [cell.name for cell in cells(small) if cell.seed == 1]
    assert len(names) == len(set(names)) == len(ARMS) + len(FINETUNES) + 2
    assert len(list(cells(small))) == 2 * len(names) + len(RATED) * len(RATES)
    assert names.index(OURS.name) < min(names.index(tune.name) for tune in FINETUNES)
    assert names[-1] == AVERAGE


def judged_by_weights(monkeypatch):
    monkeypatch.setattr(
        module.judging, "judged", lambda model, *rest: {"weight": float(model.head.linear.weight.detach().abs().sum())}
    )


def test_a_trial_is_the_arm_at_its_rate(small, index, tmp_path, monkeypatch):
    judged_by_weights(monkeypatch)
    rates = (small.learning_rate, 0.02)
    ours, same, other = (
        made(Cell(what, 0), small, tmp_path / str(number), index)
        for number, what in enumerate((OURS, *(Trial(OURS, rate) for rate in rates)))
    )
    assert same == ours
    assert other != ours


def test_the_average_is_of_the_finetunes_of_ours(small, index, tmp_path, monkeypatch):
    judged_by_weights(monkeypatch)
    for what in (OURS, *FINETUNES, AVERAGE):
        made(Cell(what, 0), small, tmp_path, index)
    folders = [tmp_path / "models" / f"{tune.name}-0-{small.digest}" for tune in FINETUNES]
    average_folders(folders, tmp_path / "expected")
    expected = load_backbone(tmp_path / "expected").state_dict()
    found = load_backbone(tmp_path / "models" / f"average-0-{small.digest}").state_dict()
    assert all((found[name] == value).all() for name, value in expected.items())
