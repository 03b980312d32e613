import pytest
import torch

from models.backbone import PRESETS, Backbone, core_parameters


@pytest.mark.parametrize(("name", "billions"), [("1b", 0.91), ("5b", 4.83), ("30b", 28.99)])
def test_a_preset_has_the_core_parameters_of_the_paper(name, billions):
    with torch.device("meta"):
        assert round(core_parameters(Backbone(PRESETS[name]())) / 1e9, 2) == billions


def test_the_largest_preset_takes_the_longest_context_of_the_paper():
    with torch.device("meta"):
        model = Backbone(PRESETS["30b"]())
        grid = model.grid(torch.empty(1, 16, 32, 96, 96))
        assert model.positions(grid).shape == (1, 73_728, 6144)


def test_one_modulation_is_shared_by_all_layers():
    with torch.device("meta"):
        model = Backbone(PRESETS["30b"]())
    total = sum(parameter.numel() for parameter in model.parameters())
    assert total / 1e9 == pytest.approx(29.3, abs=0.1)  # with one in every layer it would be 39.9
