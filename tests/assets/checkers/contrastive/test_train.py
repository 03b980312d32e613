import pytest
import torch

from assets.checkers.contrastive import store as stores
from assets.checkers.contrastive.train import Round, Schedule, train
from models.contrastive.config import ContrastiveConfig

SMALL = ContrastiveConfig(channels=(8, 16), width=16, dim=16, heads=2)
ROUNDS = (Round(((2, (2,)),), 1, 1, naming=0.0), Round(((2, (4, 1)),), 1, 2, naming=1.0))
SCHEDULE = Schedule(scenes=4, batch=3, rounds=ROUNDS, saved=1)


def test_rounds_and_stages_follow_each_other_and_the_rate_rises_stays_and_falls_in_each():
    first = Round(((4, (2, 1)), (2, (8,))), warmup=2, cooldown=4, naming=0.0)
    schedule = Schedule(rounds=(first, Round(((3, (4,)),), warmup=1, cooldown=1, naming=1.0)), rate=1.0)
    steps = [schedule.at(step) for step in range(schedule.steps)]
    assert [part.frames(within) for part, within in steps] == [2, 1, 2, 1, 8, 8, 4, 4, 4]
    assert [part.rise(within) for part, within in steps] == [0.5, 1, 1, 0.75, 0.5, 0.25, 1, 1, 1]
    with pytest.raises(ValueError, match="beyond the last round"):
        schedule.at(9)
    with pytest.raises(ValueError, match="beyond the last stage"):
        first.frames(6)


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
