import pytest
import torch

from models.backbone import TextDoesNotFit
from models.backbone.text import TextTokens
from models.text.config import TextConfig
from tests.models.texts import random_text


@pytest.fixture
def tokens():
    torch.manual_seed(0)
    return TextTokens(TextConfig(), 32)


def test_each_encoder_goes_through_its_own_projection_and_norm(tokens):
    (prompt, prompt_mask), (long, long_mask), (characters, characters_mask) = text = random_text(2, 5)
    long_mask[1, 3:] = False
    got, mask = tokens(text)
    assert got.shape == (2, 15, 32)
    assert torch.equal(mask, torch.cat([prompt_mask, long_mask, characters_mask], dim=1))
    for role, states, place in (("prompt", prompt, 0), ("long", long, 5), ("characters", characters, 10)):
        plain = states @ tokens.projections[role].weight.T
        centred = plain - plain.mean(-1, keepdim=True)
        expected = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        torch.testing.assert_close(got[:, place : place + 5], expected)


def test_encoders_of_any_scale_come_at_one_scale(tokens):
    quiet = random_text(2, 5)
    loud = (quiet[0], (1000 * quiet[1][0], quiet[1][1]), quiet[2])
    torch.testing.assert_close(tokens(loud)[0], tokens(quiet)[0], rtol=0, atol=1e-3)


def test_an_encoder_without_tokens_adds_none_and_learns_nothing(tokens):
    prompt, long, (states, mask) = random_text(2, 5)
    got, real = tokens((prompt, long, (states[:, :0], mask[:, :0])))
    assert got.shape == (2, 10, 32)
    assert real.all()
    got.square().sum().backward()
    assert not tokens.projections["characters"].weight.grad.any()  # zero, not None: ZeRO-3 waits for every gradient


def test_text_of_other_encoders_is_refused(tokens):
    prompt, long, characters = random_text(2, 5)
    with pytest.raises(TextDoesNotFit, match="2 text encoders were given"):
        tokens((prompt, long))
    with pytest.raises(TextDoesNotFit, match="states of the prompt encoder are 128 wide, the network reads 384"):
        tokens((long, prompt, characters))
