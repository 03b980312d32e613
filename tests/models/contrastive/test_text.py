import torch

from models.contrastive.config import ContrastiveConfig
from models.contrastive.text import TextTower


@torch.no_grad()
def test_texts_are_unit_vectors_and_token_states_that_are_zero_at_padding():
    torch.manual_seed(0)
    config = ContrastiveConfig()
    tower = TextTower(config).eval()
    states, mask = torch.randn(2, 7, config.text_dim), torch.ones(2, 7, dtype=torch.bool)
    mask[1, 4:] = False
    vectors, tokens = tower(states, mask)
    assert vectors.shape == (2, config.dim)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)
    assert tokens.shape == (2, 7, config.width)
    assert not tokens[1, 4:].any()
    assert tokens[1, :4].any(dim=-1).all()
    shorter, _ = tower(states[1:, :4], mask[1:, :4])
    assert torch.allclose(vectors[1:], shorter, atol=1e-5)
