"""Parity: how far the exported graphs are from torch, each alone and all together in a sample."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.config import ServingConfig

if TYPE_CHECKING:
    from torch import nn

TOLERANCE = 1e-3
PIXEL_TOLERANCE = 2.0
"""Grey levels of 255 that a frame may differ by, end to end."""

_LONG = {"L_prompt": 40, "L_long": 36, "L_characters": 1}
_SHORT = {"L_prompt": 10, "L_long": 12, "L_characters": 15}
# Neither the sizes at which the graphs are traced, nor each other's; both inside every profile's position tables.
_SIZES: tuple[Mapping[str, int], ...] = (
    {"B": 1, "T": 1, "h": 8, "w": 8, "L": 40, **_LONG, "K": 16, "A": 25, "F": 8, "H": 64, "W": 64},
    {"B": 2, "T": 2, "h": 8, "w": 12, "L": 14, **_SHORT, "K": 16, "A": 13, "F": 16, "H": 32, "W": 80},
)
_PROMPT = 'a red ball rolls to the left on a blue background, words "OPEN"'


@dataclass(frozen=True)
class EndToEnd:
    """Largest differences of one short sample with sound, ONNX Runtime against torch.

    Attributes:
        pixels: Grey levels of 255.
        audio: Of full scale 1.
    """

    pixels: float
    audio: float

    def as_json(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return asdict(self)


def graph_parity(onnx: Mapping[str, Path], modules: "Mapping[str, nn.Module]") -> dict[str, float]:
    """Largest absolute difference of each graph from its torch module, over random inputs of two sizes."""
    from models.export.onnx_export import parity

    return {name: parity(path, name, modules[name], _SIZES) for name, path in onnx.items()}


def end_to_end(bundle: Path, modules: "Mapping[str, nn.Module]", config: ServingConfig) -> EndToEnd:
    """The same prompt and seed through the bundle and through torch: 8 frames, 4 steps, with sound."""
    from models.export.graphs import as_graph
    from serving.bundle import Bundle
    from serving.pipeline import Pipeline
    from serving.sampling.sampler import Overrides

    loaded = Bundle.load(bundle, providers=("CPUExecutionProvider",))
    torch_graphs = {name: as_graph(module) for name, module in modules.items()}
    clips = [
        pipeline.generate(
            _PROMPT, seconds=8 / config.fps, aspect=next(iter(config.sizes)), seed=1, overrides=Overrides(steps=4)
        )
        for pipeline in (Pipeline.from_bundle(loaded), Pipeline(torch_graphs, loaded.tokenizers, config))
    ]
    left, right = (clip.frames.astype(np.int16) for clip in clips)
    sounds = [clip.audio for clip in clips]
    if sounds[0] is None or sounds[1] is None:
        raise RuntimeError("a clip came without sound although it was asked for")
    return EndToEnd(float(np.abs(left - right).max()), float(np.abs(sounds[0] - sounds[1]).max()))
