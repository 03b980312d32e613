import pytest

from models.planning.gpus import GPUS
from models.planning.layout import Layout, Pins, Space
from models.presets import PRESETS


def layouts(gpus=64, batch=48, preset="30b", **pins):
    return list(Space(PRESETS[preset](), GPUS["h100-80g"], gpus, batch, Pins(**pins)).layouts())


def test_every_layout_is_legal():
    for layout in layouts():
        assert layout.gpus <= 64
        assert 48 % (layout.tensor * layout.ulysses) == 0  # heads
        assert layout.tensor <= 8
        assert layout.batch == 48
        assert layout.zero == 0 or layout.shards > 1
    assert len({(each.tensor, each.ulysses, each.context) for each in layouts()}) > 20


def test_as_many_groups_as_divide_the_batch_have_samples_of_their_own():
    assert {layout.data for layout in layouts(gpus=60, tensor=1, ulysses=1, context=1)} == {48}
    assert {layout.data for layout in layouts(gpus=40, tensor=1, ulysses=1, context=1)} == {24}


@pytest.mark.parametrize("pins", [{"zero": 2}, {"tensor": 4, "context": 2}, {"micro_batch": 2}, {"ulysses": 16}])
def test_pins_hold(pins):
    found = layouts(**pins)
    assert found
    assert all(getattr(layout, name) == value for layout in found for name, value in pins.items())


def test_the_paper_s_layout_is_among_them():
    found = layouts(gpus=6_144, batch=1_536, tensor=4, context=2, ulysses=1)
    assert Layout(3, 4, 1, 2, 768, 1, 2) in found
