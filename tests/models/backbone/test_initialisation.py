import pytest
import torch

from models.audio import AudioBackbone
from models.backbone import Backbone
from models.backbone.initialisation import initialised
from models.recipes import BackboneConfig, demo

SMALL = BackboneConfig(layers=2, width=32, ffn=48, heads=2, source=True, reference=True)


@pytest.mark.parametrize(("network", "config"), [(Backbone, SMALL), (AudioBackbone, demo().audio_model)])
def test_weights_made_module_by_module_are_those_of_a_whole_network(network, config):
    torch.manual_seed(5)
    whole = network(config)
    after = torch.rand(3)
    with torch.device("meta"):
        parts = network(config)
    for _, module in initialised(parts, 5):
        assert not any(parameter.is_meta for parameter in module.parameters(recurse=False))
    found = parts.state_dict()
    assert found.keys() == whole.state_dict().keys()
    for name, value in whole.state_dict().items():
        if not found[name].is_meta:  # buffers are not weights
            assert torch.equal(found[name], value), name
    assert {name for name, _ in whole.named_parameters()} <= {name for name in found if not found[name].is_meta}
    assert torch.equal(torch.rand(3), after)


def test_a_module_may_be_taken_away_before_the_next_is_made():
    with torch.device("meta"):
        network = Backbone(SMALL)
    held = []
    for _, module in initialised(network, 0):
        held.append(sum(not parameter.is_meta for parameter in network.parameters()))
        module.to("meta")
    assert max(held) <= 4
