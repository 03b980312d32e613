import pytest
import torch

from models.contrastive.config import ContrastiveConfig
from models.contrastive.network import ContrastiveModel


def test_the_temperature_is_bounded_and_the_odds_are_a_rising_line():
    model = ContrastiveModel(ContrastiveConfig())
    with torch.no_grad():
        model.scale.fill_(20.0)
        model.odds.copy_(torch.tensor([0.0, -1.0]))
    assert model.inverse_temperature.item() == pytest.approx(100.0)
    assert model.log_odds(torch.tensor([0.0, 1.0])).tolist() == pytest.approx([-1.0, 0.0])
