import pytest
import torch
from torch import nn

from models.training.average import WeightAverage


def test_the_average_is_its_recurrence_and_leaves_out_what_is_not_trained():
    model = nn.Linear(2, 1)
    model.bias.requires_grad_(requires_grad=False)
    expected = model.weight.detach().clone()
    average = WeightAverage(model, 0.3)
    for update in range(1, 6):
        with torch.no_grad():
            model.weight.add_(torch.randn(1, 2, generator=torch.Generator().manual_seed(update)))
        average.update(model)
        decay = min(0.3, (1 + update) / (10 + update))
        expected = decay * expected + (1 - decay) * model.weight.detach()
    assert set(average.state()) == {"weight", "updates"}
    average.give(model)
    torch.testing.assert_close(model.weight.detach(), expected)


def test_a_restored_average_goes_on_as_the_first():
    model = nn.Linear(2, 1)
    first = WeightAverage(model, 0.9)
    first.update(model)
    second = WeightAverage(nn.Linear(2, 1), 0.9)
    second.restore({name: value.clone() for name, value in first.state().items()})
    with torch.no_grad():
        model.weight.add_(1.0)
    first.update(model)
    second.update(model)
    assert all(torch.equal(value, second.state()[name]) for name, value in first.state().items())


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.1])
def test_a_decay_that_averages_nothing_is_refused(decay):
    with pytest.raises(ValueError, match="between 0 and 1"):
        WeightAverage(nn.Linear(2, 1), decay)
