import pytest
import torch
from torch import nn

from models.training.ema import ParameterAverage


def weights(network: nn.Module) -> list[torch.Tensor]:
    return [parameter.detach().clone() for parameter in network.parameters()]


def test_the_average_follows_with_a_decay_that_grows_to_its_limit():
    network = nn.Linear(3, 2)
    average = ParameterAverage(network, decay=0.3)
    wanted = weights(network)
    for update in range(1, 9):
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(update)
        average.update()
        decay = min(0.3, (1 + update) / (10 + update))
        wanted = [decay * old + (1 - decay) * new for old, new in zip(wanted, weights(network), strict=True)]
    torch.testing.assert_close(list(average.tensors.values()), wanted)


def test_the_network_has_the_average_inside_the_block_and_its_own_weights_after_it():
    network = nn.Linear(3, 2)
    average = ParameterAverage(network, decay=0.5)
    start = weights(network)
    with torch.no_grad():
        network.weight.add_(1)
    live = weights(network)

    def work() -> None:
        with average.applied():
            torch.testing.assert_close(weights(network), start, rtol=0, atol=0)
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        work()
    torch.testing.assert_close(weights(network), live, rtol=0, atol=0)
    torch.testing.assert_close(list(average.tensors.values()), start, rtol=0, atol=0)
