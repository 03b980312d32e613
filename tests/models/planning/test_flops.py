from dataclasses import replace

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from models.backbone import Backbone
from models.planning.flops import of_sample
from models.presets import PRESETS
from tests.models.texts import full_text


@pytest.mark.parametrize("name", ["tiny", "small"])
@pytest.mark.parametrize("source", [False, True])
def test_operations_are_those_that_torch_counts(name, source):
    config = replace(PRESETS[name](), source=source)
    network = Backbone(config)
    latent, text = torch.randn(2, 16, 4, 8, 8), full_text(2, config.text)
    # The fused kernel of a CPU is not counted; the plain one does the same products.
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        velocity = network(latent, torch.rand(2), text)
        forward = counter.get_total_flops()
        velocity.square().mean().backward()
    predicted = of_sample(config, 4 * 4 * 4, config.text.length)
    assert forward == pytest.approx(2 * predicted.forward, rel=1e-3)
    assert counter.get_total_flops() == pytest.approx(2 * predicted.training, rel=1e-3)


def test_attention_is_counted_in_full():
    """Movie Gen 3.1.6: no causal mask means no saving of half."""
    config = PRESETS["30b"]()
    one, two = (of_sample(config, tokens, 0).attention for tokens in (36_864, 73_728))
    assert two == 4 * one
    assert two == config.layers * 4 * 73_728**2 * config.width
