import itertools

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from models.autoencoder.perceptual import ContrastiveDistance, LpipsDistance, NotLpips, perceptual_distance

WIDTHS = ((3, 4, 4), (4, 6, 6), (6, 8, 8, 8), (8, 8, 8, 8), (8, 8, 8, 8))
PLACES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))


def clip(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def small_lpips():
    """A narrow VGG16 in the names of the ``lpips`` package, as layers and as a state dict."""
    torch.manual_seed(0)
    layers, state = [], {}
    for number, (widths, places) in enumerate(zip(WIDTHS, PLACES, strict=True)):
        convolutions = [nn.Conv2d(i, o, 3, padding=1) for i, o in itertools.pairwise(widths)]
        for place, layer in zip(places, convolutions, strict=True):
            state |= {f"net.slice{number + 1}.{place}.{k}": v.detach() for k, v in layer.state_dict().items()}
        state[f"lin{number}.model.1.weight"] = torch.rand(1, widths[-1], 1, 1)
        layers.append(convolutions)
    return layers, state


def test_lpips_from_a_file_is_the_distance_of_its_paper(tmp_path):
    layers, state = small_lpips()
    save_file(state, tmp_path / "lpips.safetensors")
    x, y = clip(2, 3, 32, 32, 3), clip(2, 3, 32, 32, 3, seed=1)
    shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
    total = 0.0
    a, b = (((c.flatten(0, 1) - shift) / scale).permute(0, 3, 1, 2) for c in (x, y))
    with torch.no_grad():
        for number, convolutions in enumerate(layers):
            if number:
                a, b = nn.MaxPool2d(2)(a), nn.MaxPool2d(2)(b)
            for layer in convolutions:
                a, b = layer(a).relu(), layer(b).relu()
            gap = (nn.functional.normalize(a) - nn.functional.normalize(b)).square()
            total += nn.functional.conv2d(gap, state[f"lin{number}.model.1.weight"]).mean()
    found = perceptual_distance(str(tmp_path / "lpips.safetensors"))(x, y)
    torch.testing.assert_close(found, total, atol=1e-5, rtol=1e-4)


def test_a_file_without_the_weights_and_a_name_of_nothing_are_refused(tmp_path):
    _, state = small_lpips()
    del state["lin3.model.1.weight"]
    with pytest.raises(NotLpips, match="lin3"):
        LpipsDistance(state)
    with pytest.raises(NotLpips, match="no file"):
        perceptual_distance(str(tmp_path / "absent"))


def test_the_contrastive_distance_is_zero_for_the_same_clip_and_grows_with_blur():
    distance, x = ContrastiveDistance(), clip(1, 8, 32, 40, 3)
    assert distance(x, x) == 0.0

    def blurred(times):
        y = x.flatten(0, 1).permute(0, 3, 1, 2)
        for _ in range(times):
            y = nn.functional.avg_pool2d(y, 3, 1, 1)
        return y.permute(0, 2, 3, 1)[None]

    assert 0 < distance(blurred(1), x) < distance(blurred(4), x)


def test_the_contrastive_distance_sees_the_order_of_frames_and_has_a_gradient():
    distance, x = ContrastiveDistance(), clip(1, 8, 32, 32, 3)
    assert distance(x.flip(1), x) > 0
    y = clip(1, 8, 32, 32, 3, seed=1).requires_grad_()
    distance(y, x).backward()
    assert torch.isfinite(y.grad).all()
    assert (y.grad != 0).any()
    assert all(parameter.grad is None for parameter in distance.parameters())
