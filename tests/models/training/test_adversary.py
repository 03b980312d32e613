import torch
from torch import nn

from models.training.adversary import Adversary


def adversary(model):
    return Adversary(model, lambda: model(torch.ones(1, 2)).square().sum(), 0.1)


def test_a_restored_adversary_goes_on_to_the_same_weights():
    first = adversary(nn.Linear(2, 1))
    first.step()
    second = adversary(nn.Linear(2, 1))
    second.restore({name: value.clone() for name, value in first.state().items()})
    for _ in range(3):
        first.step()
        second.step()
    assert any(name.startswith("optimizer.") for name in first.state())
    assert all(torch.equal(value, second.state()[name]) for name, value in first.state().items())


def test_gradients_that_others_left_do_not_count():
    model = nn.Linear(2, 1)
    other = nn.Linear(2, 1)
    other.load_state_dict(model.state_dict())
    (1e3 * model(torch.ones(1, 2))).sum().backward()
    adversary(model).step()
    adversary(other).step()
    assert torch.equal(model.weight, other.weight)


def test_a_loss_that_is_not_finite_changes_nothing_and_no_part_is_no_term():
    model = nn.Linear(2, 1)
    before = model.weight.detach().clone()
    broken = Adversary(model, lambda: model(torch.full((1, 2), torch.inf)).sum(), 0.1)
    broken.step()
    assert torch.equal(model.weight, before)
    assert Adversary(model, lambda: None, 0.1).step() == {}
