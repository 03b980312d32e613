"""Perceptual losses: distances between what networks see in a reconstruction and in its target.

No network trained on photographs comes with this package. Its own is the contrastive video tower, trained on the
sandbox world, which sees frames and their differences; weights of LPIPS (Zhang et al. 2018) are read from a file.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from models.autoencoder_recipe import CONTRASTIVE

_EPSILON = 1e-10
_SLICES = ((0, 2), (5, 7), (10, 12, 14), (17, 19, 21), (24, 26, 28))  # convolutions of VGG16, by place
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of LPIPS' input


class NotLpips(ValueError):
    """A file lacks the weights of LPIPS with VGG16."""


class ContrastiveDistance(nn.Module):
    """Distance of the feature maps of the packaged contrastive video tower, at a quarter and an eighth of the side."""

    def __init__(self) -> None:
        super().__init__()
        from models.contrastive.storage import load_model

        self.tower = load_model()[0].video.requires_grad_(requires_grad=False)

    def forward(self, reconstruction_BFHWC: Tensor, target_BFHWC: Tensor) -> Tensor:
        """The distance of clips with pixels in [-1, 1], sides divisible by 8: a scalar."""
        with torch.no_grad():
            wanted = self.tower.maps(target_BFHWC)
        return torch.stack(
            [_apart(a, b) for a, b in zip(self.tower.maps(reconstruction_BFHWC), wanted, strict=True)]
        ).sum()


class LpipsDistance(nn.Module):
    """LPIPS with VGG16, frame by frame.

    Args:
        weights: The state dict of ``lpips.LPIPS(net="vgg")``.

    Raises:
        NotLpips: Something of it is missing.
    """

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        super().__init__()
        needed = [
            f"net.slice{s + 1}.{place}.{part}"
            for s, places in enumerate(_SLICES)
            for place in places
            for part in ("weight", "bias")
        ]
        needed += [f"lin{s}.model.1.weight" for s in range(len(_SLICES))]
        if missing := [name for name in needed if name not in weights]:
            raise NotLpips(f"no {missing[0]} among the weights: save the state dict of lpips.LPIPS(net='vgg')")
        self._names = {name: name.replace(".", "_") for name in needed}
        for name, plain in self._names.items():
            self.register_buffer(plain, weights[name].float())
        self.register_buffer("shift", torch.tensor(_SHIFT).view(1, 3, 1, 1))
        self.register_buffer("scale", torch.tensor(_SCALE).view(1, 3, 1, 1))

    @classmethod
    def load(cls, path: Path) -> "LpipsDistance":
        """The distance whose weights are in a safetensors file. Raises NotLpips."""
        return cls(load_file(path))

    def forward(self, reconstruction_BFHWC: Tensor, target_BFHWC: Tensor) -> Tensor:
        """The mean over frames of clips with pixels in [-1, 1]: a scalar."""
        with torch.no_grad():
            wanted = self._maps(target_BFHWC)
        return torch.stack(
            [
                _apart(a, b, self._weight(f"lin{s}.model.1.weight"))
                for s, (a, b) in enumerate(zip(self._maps(reconstruction_BFHWC), wanted, strict=True))
            ]
        ).sum()

    def _weight(self, name: str) -> Tensor:
        return self.get_buffer(self._names[name])

    def _maps(self, clip_BFHWC: Tensor) -> Sequence[Tensor]:
        x = (clip_BFHWC.flatten(0, 1).permute(0, 3, 1, 2) - self.get_buffer("shift")) / self.get_buffer("scale")
        found = []
        for number, places in enumerate(_SLICES):
            x = nn.functional.max_pool2d(x, 2) if number else x
            for place in places:
                name = f"net.slice{number + 1}.{place}"
                x = nn.functional.conv2d(
                    x, self._weight(f"{name}.weight"), self._weight(f"{name}.bias"), padding=1
                ).relu()
            found.append(x)
        return found


def perceptual_distance(name: str) -> ContrastiveDistance | LpipsDistance:
    """The distance that a recipe names: ``contrastive``, or the path of LPIPS weights (safetensors).

    Raises:
        NotLpips: It is neither, or the file lacks weights.
    """
    if name == CONTRASTIVE:
        return ContrastiveDistance()
    if not Path(name).is_file():
        raise NotLpips(f"{name!r} is no file of LPIPS weights: name one, or {CONTRASTIVE!r}")
    return LpipsDistance.load(Path(name))


def _apart(a_NCHW: Tensor, b_NCHW: Tensor, weight: Tensor | None = None) -> Tensor:
    """Squared distance of features of unit length, summed over channels (with weights), the mean over places."""
    a, b = (x / (x.square().sum(1, keepdim=True) + _EPSILON).sqrt() for x in (a_NCHW, b_NCHW))
    squared = (a - b).square()
    return (squared if weight is None else squared * weight).sum(1).mean()
