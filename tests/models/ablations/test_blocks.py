import torch
from torch.utils.flop_counter import FlopCounterMode

from models.ablations.blocks import (
    DiTBackbone,
    FirstLayerPositions,
    hidden_of_equal_operations,
    hidden_of_equal_weights,
)
from models.backbone import Backbone
from models.recipes import BackboneConfig
from tests.models.texts import random_text

CONFIG = BackboneConfig(layers=4, width=96, ffn=256, heads=2)
LATENT, TIMES, TEXT = torch.randn(4, 16, 4, 8, 8), torch.rand(4), random_text(4, 5)


def weights(network):
    return sum(value.numel() for value in network.parameters())


def operations(network):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(LATENT, TIMES, TEXT)
    return counter.get_total_flops()


def opened(network):
    """With modulations and output that are not silent."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return network


def test_a_dit_of_equal_operations_costs_what_ours_does_and_has_more_weights():
    ours, dit = Backbone(CONFIG), DiTBackbone(CONFIG, hidden_of_equal_operations(CONFIG))
    assert abs(operations(dit) / operations(ours) - 1) < 0.01
    assert weights(dit) > 1.1 * weights(ours)


def test_a_dit_of_equal_weights_has_as_many_as_ours_and_costs_less():
    ours, dit = Backbone(CONFIG), DiTBackbone(CONFIG, hidden_of_equal_weights(CONFIG))
    assert abs(weights(dit) / weights(ours) - 1) < 0.02
    assert operations(dit) < operations(ours)


def test_a_new_dit_says_nothing_and_one_that_is_opened_reads_time_text_and_place():
    dit = DiTBackbone(CONFIG, 64)
    assert not dit(LATENT, TIMES, TEXT).any()
    opened(dit)
    before = dit(LATENT, TIMES, TEXT)
    other = random_text(4, 5)
    assert (dit(LATENT, 1 - TIMES, TEXT) - before).abs().max() > 1e-3
    assert (dit(LATENT, TIMES, other) - before).abs().max() > 1e-3
    assert (dit(LATENT.flip(2), TIMES, TEXT).flip(2) - before).abs().max() > 1e-3


def test_positions_at_the_first_layer_only_leave_one_layer_as_it_is_and_change_two():
    one, two = (BackboneConfig(layers=layers, width=32, ffn=48, heads=2) for layers in (1, 2))
    for config, equal in ((one, True), (two, False)):
        torch.manual_seed(0)
        ours = opened(Backbone(config))
        first = FirstLayerPositions(config)
        first.load_state_dict(ours.state_dict())
        assert torch.equal(ours(LATENT, TIMES, TEXT), first(LATENT, TIMES, TEXT)) is equal


def test_positions_at_the_first_layer_only_start_from_the_same_weights():
    torch.manual_seed(0)
    ours = Backbone(CONFIG).state_dict()
    torch.manual_seed(0)
    first = FirstLayerPositions(CONFIG).state_dict()
    assert all(torch.equal(first[name], value) for name, value in ours.items())
