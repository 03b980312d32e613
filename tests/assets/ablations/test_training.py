import pytest
import torch

from assets.ablations.recipe import ARMS, FINETUNES, Arm, images_at
from assets.ablations.training import Flow, law, loss_of, network, train_arm, train_finetune
from models.ablations.diffusion import Diffusion
from models.backbone import save_backbone
from models.training.solo import Draw, Solo


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_every_arm_learns_a_batch_from_a_silent_start(arm, small, index):
    model = network(arm, small, 0)
    loss = loss_of(model, law(arm.objective), images_at(small, arm.order), small, 0, index)
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(12):
        losses.append(loss(3, Draw.of(0, 3))["loss"])
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.9 * losses[0]


def test_arms_of_a_seed_see_the_same_batches_in_their_order(small, index):
    seen = {}
    for order in ("images-first", "mixed"):
        model = network(Arm("any", order=order), small, 0)
        loss = loss_of(model, Flow(), images_at(small, order), small, 0, index)
        terms = [loss(step, Draw.of(0, 0)) for step in range(small.steps)]
        seen[order] = [next(name for name in term if name != "loss") for term in terms]
    assert sorted(seen["images-first"]) == sorted(seen["mixed"])
    assert seen["images-first"] != seen["mixed"]


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(small, index, tmp_path, monkeypatch):
    whole = train_arm(ARMS[0], small, 0, index, tmp_path / "whole")

    class Stopped(RuntimeError):
        """As a kill after the first checkpoint."""

    step_of = Solo._step

    def stop(self, step, *rest):
        if step == 3:
            raise Stopped
        return step_of(self, step, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Solo, "_step", stop)
        with pytest.raises(Stopped):
            train_arm(ARMS[0], small, 0, index, tmp_path / "parts")
    again = train_arm(ARMS[0], small, 0, index, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_finetunes_begin_from_the_same_model_and_part(small, index, tmp_path):
    start = network(ARMS[0], small, 0)
    save_backbone(start, tmp_path / "start")
    tuned = [train_finetune(tune, small, 0, tmp_path / "start", index, tmp_path / tune.name) for tune in FINETUNES[:2]]
    weights = [model.head.linear.weight for model in (start, *tuned)]
    assert not torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[1], weights[2])


def test_laws_are_told_apart():
    assert isinstance(law("flow"), Flow)
    cosine, linear = law("v-cosine"), law("v-linear")
    assert isinstance(cosine, Diffusion)
    state, times = torch.ones(1, 2), torch.tensor([0.5])
    assert not torch.allclose(cosine.parts(state, state, times)[0], linear.parts(state, state, times)[0])


def test_a_straight_flow_carries_noise_to_its_data():
    data = torch.tensor([[1.0, -2.0]])
    noise = torch.randn(3, 2, generator=torch.Generator().manual_seed(0))
    found = Flow().sample(lambda state, times: (data - state) / (1 - times[:, None]), noise, 5)
    assert torch.allclose(found, data.expand(3, 2), atol=1e-4)
