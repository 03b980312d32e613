import pytest
import torch

from assets.checkers.contrastive import store as stores
from assets.checkers.contrastive.train import Schedule, train
from models.contrastive.config import ContrastiveConfig

SMALL = ContrastiveConfig(channels=(8, 16), width=16, dim=16, heads=2)
SCHEDULE = Schedule(scenes=4, batch=3, stages=((2, (2,)), (2, (4, 1))), warmup=2, cooldown=2, saved=1)


def test_the_stages_follow_each_other_and_the_rate_rises_stays_and_falls():
    schedule = Schedule(stages=((6, (2, 1)), (4, (8,))), rate=1.0, warmup=2, cooldown=4)
    assert [schedule.frames(step) for step in range(schedule.steps)] == [2, 1] * 3 + [8] * 4
    assert [schedule.rate_at(step) for step in range(10)] == [0.5, 1, 1, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    with pytest.raises(ValueError, match="beyond the last stage"):
        schedule.frames(10)


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
