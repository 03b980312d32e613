import numpy as np
import pytest
import torch

from models.backbone import WeightsDoNotFit
from models.export.graphs import graph_modules
from models.export.onnx_export import export_graph, parity, session
from models.starter import UPSAMPLER
from models.upsampler import Upsampler, folded, load_upsampler, save_upsampler, unfolded
from models.upsampler.config import UpsamplerConfig
from models.upsampler.network import SizeDoesNotFit

SMALL = UpsamplerConfig(widths=(4, 6, 8), depth=1, time_width=8)


def opened(model, seed=0):
    """The model with random numbers where it starts at zero, its condition's weights aside."""
    torch.manual_seed(seed)
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1 and not parameter.detach().any() and not name.startswith("enter"):
            torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def inputs(frames=3, height=8, width=12):
    torch.manual_seed(1)
    return (
        torch.randn(2, 12, frames, height, width),
        torch.tensor([0.0, 0.7]),
        torch.randn(2, 3, frames, height, width),
    )


def test_before_training_the_flow_stands_still():
    assert not Upsampler(SMALL)(*inputs()).any()


def test_the_condition_is_not_heard_before_training_and_learns_to_be():
    model = opened(Upsampler(SMALL))
    state, time, condition = inputs()
    torch.testing.assert_close(model(state, time, condition), model(state, time, 0 * condition), atol=0, rtol=0)
    model(state, time, condition).square().mean().backward()
    assert model.enter.weight.grad[:, 12:].abs().min() > 0
    assert not torch.equal(model(state, time, condition), model(state, time.flip(0), condition))


def test_frames_hear_their_neighbours_and_clips_do_not_hear_each_other():
    model = opened(Upsampler(SMALL))
    state, time, condition = inputs(frames=5)
    before = model(state, time, condition)
    state[0, :, 2] += 1
    changed = (model(state, time, condition) - before).abs().amax(dim=(1, 3, 4))
    assert (changed[0, 1:4] > 0).all()
    assert not changed[1].any()


@pytest.mark.parametrize(("height", "width"), [(6, 8), (8, 10)])
def test_sides_that_are_no_multiples_of_four_are_refused(height, width):
    with pytest.raises(SizeDoesNotFit, match="multiples of 4"):
        Upsampler(SMALL)(*inputs(height=height, width=width))


def test_a_state_of_another_size_is_refused():
    state, time, condition = inputs()
    with pytest.raises(SizeDoesNotFit, match="of the clip's size"):
        Upsampler(SMALL)(state, time, condition[..., :8])


def test_folding_is_undone():
    video = torch.randn(2, 3, 4, 8, 12)
    assert torch.equal(unfolded(folded(video)), video)


def test_what_is_saved_comes_back_and_nothing_else_does(tmp_path):
    model = opened(Upsampler(SMALL))
    save_upsampler(model, tmp_path)
    assert torch.equal(load_upsampler(tmp_path)(*inputs()), model(*inputs()))
    with pytest.raises(WeightsDoNotFit, match=r"no config\.json"):
        load_upsampler(tmp_path / "nowhere")
    (tmp_path / "config.json").write_text('{"kind": "backbone", "model": {}}')
    with pytest.raises(WeightsDoNotFit, match="of kind 'backbone', not 'upsampler'"):
        load_upsampler(tmp_path)


def test_the_exported_graph_agrees_with_torch_at_sizes_it_was_not_traced_at(tmp_path):
    module = graph_modules({"upsampler": UPSAMPLER})["upsampler"]
    path = export_graph("upsampler", module, tmp_path)
    sizes = [{"F": frames, "H": height, "W": width} for frames, height, width in ((1, 8, 12), (2, 4, 4), (14, 36, 20))]
    assert parity(path, "upsampler", module, sizes) < 1e-4
    shape = (1, 12, 2, 8, 8)
    found = session(path).run(
        None, {"state": np.zeros(shape, "f"), "time": np.zeros(1, "f"), "condition": np.zeros((1, 3, 2, 8, 8), "f")}
    )
    assert found[0].shape == shape


def test_the_packaged_weights_fit_four_megabytes():
    assert (UPSAMPLER / "model.safetensors").stat().st_size <= 4e6
    assert load_upsampler(UPSAMPLER).config == UpsamplerConfig()
