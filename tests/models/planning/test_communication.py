import pytest

from models.planning.communication import LATENCY, LINK_EFFICIENCY, Group, collectives
from models.planning.gpus import GPUS
from models.planning.layout import Layout
from models.planning.parameters import count
from models.presets import PRESETS

H100 = GPUS["h100-80g"]


def test_groups_lie_on_machines_as_their_stride_says():
    assert Group.of(8, 1, H100) == Group(8, 8)
    assert Group.of(16, 4, H100) == Group(16, 2)
    assert Group.of(16, 8, H100) == Group(16, 1)
    assert Group.of(2, 4, H100).over == "link"
    assert Group.of(4, 4, H100).over == "network"


def test_a_gather_between_machines_takes_what_their_ports_take():
    """Two ranks on each of two machines: a machine lacks half of 8 GB, over two ports of 50 GB/s."""
    seconds = Group.of(4, 4, H100).gather_seconds(8e9, 1, H100)
    assert seconds == pytest.approx(4e9 / (2 * 50e9) / LINK_EFFICIENCY + 2 * LATENCY)


def test_a_gather_in_a_machine_takes_what_the_links_take():
    seconds = Group.of(4, 1, H100).gather_seconds(4e9, 0, H100)
    assert seconds == pytest.approx(3e9 / 450e9 / LINK_EFFICIENCY)


def test_zero_three_gathers_twice_a_pass_and_scatters_once():
    config = PRESETS["5b"]()
    size = 2 * count(config).total * 63 / 64
    found = {each.purpose: each for each in collectives(config, Layout(3, data=64), H100, 3, 8_192)}
    assert found["parameters"].bytes == pytest.approx(2 * 3 * size)
    assert found["gradients"].bytes == pytest.approx(3 * size)
    once = {each.purpose: each for each in collectives(config, Layout(1, data=64), H100, 3, 8_192)}
    assert once["parameters"].bytes == once["gradients"].bytes == pytest.approx(size)
    (plain,) = collectives(config, Layout(0, data=64), H100, 3, 8_192)
    assert (plain.kind, plain.bytes) == ("all-reduce", pytest.approx(2 * size))


def test_context_parallelism_gathers_keys_and_values_and_scatters_their_gradients():
    """Movie Gen 3.1.6. Two ranks of 4,096 tokens: each receives the other's K and V twice, and gradients once."""
    config = PRESETS["1b"]()
    (found,) = (each for each in collectives(config, Layout(3, context=2), H100, 1, 4_096) if "keys" in each.purpose)
    assert found.bytes == pytest.approx(config.layers * 3 * 2 * 4_096 * 2 * config.width)
    assert not found.hidden


def test_recomputed_blocks_exchange_their_tokens_again():
    config = PRESETS["1b"]()

    def received(blocks):
        layout = Layout(3, ulysses=4, recomputed=blocks)
        return next(each.bytes for each in collectives(config, layout, H100, 1, 4_096) if "heads" in each.purpose)

    assert received(config.layers) == pytest.approx(1.5 * received(0))


def test_one_device_exchanges_nothing():
    assert collectives(PRESETS["tiny"](), Layout(), GPUS["cpu"], 4, 1_024) == ()
