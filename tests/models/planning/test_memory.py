from dataclasses import replace

import pytest
import torch

from models.backbone import Backbone
from models.flow import flow_loss
from models.planning.gpus import GPUS
from models.planning.layout import Layout
from models.planning.memory import Activations, Sample, memory, states
from models.planning.parameters import count
from models.presets import PRESETS
from models.training.recompute import recompute
from tests.models.texts import full_text

H100, CPU = GPUS["h100-80g"], GPUS["cpu"]
LONGEST = Sample(73_728, 656)


def kept_bytes(config, batch, blocks):
    """What torch keeps for the backward pass of a real network, parameters aside."""
    torch.manual_seed(0)
    network = Backbone(config)
    recompute(network, blocks)
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage  # held, so that no address comes twice
        return tensor

    latent, noise = torch.randn(2, batch, 16, 4, 8, 8)
    text = full_text(batch, config.text)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        flow_loss(lambda x, t: network(x, t, text), latent, torch.rand(batch), noise)
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_a_block_keeps_what_torch_keeps(name):
    """The difference between recomputing three blocks and two: a block's activations less its inputs."""
    config = replace(PRESETS[name](), layers=3, positions=(8, 8, 8))
    activations = Activations(config, Layout(micro_batch=4), CPU, Sample(64, config.text.length))
    freed = kept_bytes(config, 4, 2) - kept_bytes(config, 4, 3)
    assert activations.kept - activations.tokens * activations.row == pytest.approx(freed, rel=0.05)


def test_states_are_sixteen_bytes_a_parameter_beside_weights_and_gradients():
    parameters = count(PRESETS["5b"]())
    held = states(parameters, Layout(), H100)
    assert held["optimizer states"] + held["averaged weights"] == 16 * parameters.total
    assert held["parameters"] == 2 * parameters.total
    in_float32 = states(parameters, Layout(), CPU)
    assert in_float32["optimizer states"] == 8 * parameters.total  # no master copy beside float32 weights


@pytest.mark.parametrize(
    ("zero", "sharded"),
    [
        (0, set()),
        (1, {"optimizer states", "averaged weights"}),
        (3, {"optimizer states", "averaged weights", "parameters"}),
    ],
)
def test_zero_shards_what_its_stage_says(zero, sharded):
    parameters = count(PRESETS["5b"]())
    one, many = (states(parameters, Layout(zero, data=data), H100) for data in (1, 16))
    for cause, size in one.items():
        assert many[cause] == pytest.approx(size / 16 if cause in sharded else size)


def test_each_more_recomputed_block_needs_no_more_memory():
    config = PRESETS["30b"]()
    needs = [
        memory(config, Layout(3, 4, 1, 2, 768, recomputed=blocks), H100, LONGEST).total
        for blocks in range(config.layers + 1)
    ]
    assert needs[:-1] == sorted(needs[:-1], reverse=True)
    assert needs[0] > 2 * needs[-2]
    assert needs[-1] >= needs[-2]  # one block is whole in any case: that the last one is recomputed saves nothing


def test_ranks_that_share_a_sample_divide_its_activations():
    config = PRESETS["30b"]()
    whole, shared = (Activations(config, Layout(3, ulysses=ranks, data=8), H100, LONGEST) for ranks in (1, 16))
    per_token = whole.kept - 2 * 656 * 2 * config.width  # the text is with every rank
    assert shared.kept == pytest.approx(per_token / 16 + 2 * 656 * 2 * config.width)


def test_gathered_keys_and_values_are_the_whole_sample_s():
    config = PRESETS["30b"]()
    sizes = [
        Activations(config, Layout(3, context=ranks), H100, LONGEST).exchange["gathered keys and values"]
        for ranks in (1, 2, 4)
    ]
    # Keys, values and the gradients of both, of the whole sample, however many ranks share it.
    assert sizes == [0, pytest.approx(4 * 73_728 * 2 * config.width), pytest.approx(4 * 73_728 * 2 * config.width)]


def test_the_causes_add_up():
    need = memory(PRESETS["1b"](), Layout(3, data=8), H100, Sample(8_192, 656))
    assert need.total == sum(need.causes.values())
    assert all(size >= 0 for size in need.causes.values())
