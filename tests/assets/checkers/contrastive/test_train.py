import pytest
import torch

from assets.checkers.contrastive import store as stores
from assets.checkers.contrastive import train as training
from assets.checkers.contrastive.batches import batch
from assets.checkers.contrastive.train import Schedule, Stage, train
from models.contrastive.config import ContrastiveConfig

SMALL = ContrastiveConfig(channels=(8, 16), width=16, dim=16, heads=2)
LAST = Stage(2, (4, 1), fitting=True)
SCHEDULE = Schedule(scenes=4, batch=3, stages=(Stage(2, (2,)),), last=LAST, warmup=1, cooldown=2, saved=1)


def test_stages_follow_each_other_and_the_rate_rises_stays_and_falls():
    stages = (Stage(4, (2, 1), plain=True), Stage(3, (8,)))
    last = Stage(2, (4,), long=True)
    schedule = Schedule(stages=stages, last=last, rate=1.0, last_rate=0.5, warmup=2, cooldown=4)
    assert [schedule.at(step)[1] for step in range(schedule.steps)] == [2, 1, 2, 1, 8, 8, 8, 4, 4]
    assert [schedule.at(step)[0].plain for step in range(schedule.steps)] == [True] * 4 + [False] * 5
    assert [schedule.at(step)[0].long for step in range(schedule.steps)] == [False] * 7 + [True] * 2
    assert [schedule.rate_at(step) for step in range(schedule.steps)] == [0.5, 1, 1, 1, 0.75, 0.5, 0.25, 0.5, 0.25]
    with pytest.raises(ValueError, match="beyond the last stage"):
        schedule.at(9)


def test_a_training_that_is_killed_goes_on_as_if_nothing_had_happened(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_SCENES", 2)
    whole = train(tmp_path, SCHEDULE, SMALL, lambda *_: None)
    (tmp_path / "training.safetensors").unlink()

    def killed(what, done, _):
        if what.startswith("training") and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, SCHEDULE, SMALL, killed)
    steps = []
    again = train(tmp_path, SCHEDULE, SMALL, lambda what, done, _: what.startswith("training") and steps.append(done))
    assert steps == [3, 4]  # the third was done, and not yet saved
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_stages_draw_plain_scenes_or_those_with_long_captions_where_they_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "_SCENES", 32)
    texts = stores.Store(tmp_path, 32, lambda *_: None).texts
    drawn = []

    def listed(store, scenes, frames, rng):
        drawn.append(set(scenes.tolist()))
        return batch(store, scenes, frames, rng)

    monkeypatch.setattr(training, "batch", listed)
    plain = {
        clip // 2
        for clip in range(0, 64, 2)
        if all(len(said.facts.things) == 1 and "background" in said.facts.place for said in texts[clip : clip + 2])
    }
    long = {clip // 2 for clip in range(64) if texts[clip].long is not None}
    stages = (Stage(2, (1,), plain=True),)
    last = Stage(2, (1,), long=True)
    training.train(tmp_path, Schedule(32, 2, stages, last, warmup=1, cooldown=1), SMALL, lambda *_: None)
    assert len(plain) >= 2
    assert set.union(*drawn[:2]) <= plain
    assert set.union(*drawn[2:]) <= long


def test_captions_fit_at_one_line_for_all_and_twins_that_share_them_do_not_count():
    low = torch.tensor([[0.2, 0.1], [0.1, 0.2]])  # in order, and all of them below the line
    none = torch.zeros(2, 2, dtype=torch.bool)
    high = low + 0.2
    right, wrong = torch.nn.functional.softplus(torch.tensor([3.0, -5.0]))  # 20 (0.35 - 0.2), 20 (0.1 - 0.35)
    assert training._fitting(low, none).item() == pytest.approx(float(right + wrong) / 2, rel=1e-4)
    assert training._fitting(high, none) < training._fitting(low, none)
    assert training._fitting(low, ~none).item() == pytest.approx(float(right), rel=1e-4)
