from dataclasses import replace

import pytest
import torch

from models.backbone import Backbone, core_parameters
from models.planning.parameters import count
from models.presets import PRESETS


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("conditions", [{}, {"source": True, "reference": True}])
def test_the_count_is_that_of_the_network(name, conditions):
    config = replace(PRESETS[name](), **conditions)
    with torch.device("meta"):
        network = Backbone(config)
    counted = count(config)
    sizes = [parameter.numel() for parameter in network.parameters()]
    assert counted.core == core_parameters(network)
    assert counted.total == sum(sizes)
    assert counted.largest == max(sizes)


def test_tensor_parallelism_divides_the_matrices_alone():
    counted = count(PRESETS["30b"]())
    assert counted.of_rank(1) == counted.total
    assert counted.of_rank(4) == pytest.approx(counted.total - 0.75 * counted.core)
