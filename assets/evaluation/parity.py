"""Parity: how far the exported graphs are from torch, each alone and all together in a sample."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from serving.config import ServingConfig

if TYPE_CHECKING:
    from torch import nn

TOLERANCE = 1e-3
PIXEL_TOLERANCE = 2.0
"""Grey levels of 255 that a frame may differ by, end to end."""
AUDIO_TOLERANCE = 0.01
"""Of full scale, that its sound may differ by."""
VARIANT_TOLERANCE = 0.5
"""Share of its output that a lighter variant's graph may differ by (rms): twice what ``int8`` does to random inputs."""

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


def graph_parity(
    onnx: Mapping[str, Path], modules: "Mapping[str, nn.Module]", config: ServingConfig
) -> dict[str, float]:
    """Largest absolute difference of each graph from its torch module, over random inputs of four sizes.

    Two are small, two those of the longest clips that ``config`` serves at once.
    """
    from models.export.onnx_export import parity

    return {name: parity(path, name, modules[name], _sizes(name, config)) for name, path in onnx.items()}


def variant_deviations(
    onnx: Mapping[str, Path], modules: "Mapping[str, nn.Module]", config: ServingConfig
) -> dict[str, float]:
    """The same of a lighter variant's graphs, as a share of the output (root mean squares)."""
    from models.export.onnx_export import deviation

    return {name: deviation(path, name, modules[name], _sizes(name, config)) for name, path in onnx.items()}


def beyond(found: Mapping[str, Any]) -> dict[str, float]:
    """Whatever differs by more than it may, or is not a number, by name.

    Args:
        found: ``graphs``, ``end_to_end`` and ``variants``, as the export writes them.
    """
    whole = found["end_to_end"]
    told = [(name, value, TOLERANCE) for name, value in found["graphs"].items()]
    told += [("frames", whole["pixels"], PIXEL_TOLERANCE), ("sound", whole["audio"], AUDIO_TOLERANCE)]
    for variant, one in found["variants"].items():
        told += [(f"{name} ({variant})", value, VARIANT_TOLERANCE) for name, value in one["graphs"].items()]
    return {name: value for name, value, limit in told if not value <= limit}  # NaN is not


def _sizes(name: str, config: ServingConfig) -> list[Mapping[str, int]]:
    return [*_SIZES, *served_sizes(name, config)]


def served_sizes(name: str, config: ServingConfig) -> Iterator[dict[str, int]]:
    """The free sizes of graph ``name`` in the widest clip, guided, and in the tallest, guided as edits are.

    Both are of greatest length, texts too.
    """
    from models.backbone import REFERENCE_TOKENS

    texts = {f"L_{role}": facts.length for role, facts in config.text.items()}
    tokens = max((facts.length for facts in config.text.values() if name in facts.graphs), default=1)
    audio = ceil(config.max_seconds * config.audio_rate)
    shapes = sorted(config.sizes.values(), key=lambda size: size[1] / size[0])
    for rows, (height, width) in ((2, shapes[-1]), (3, shapes[0])):
        _, frames, h, w = config.latent_shape(config.max_frames, (height, width))
        video = {"F": config.max_frames, "H": height, "W": width}
        yield {"B": rows, "T": frames, "h": h, "w": w, "K": REFERENCE_TOKENS, "A": audio, "L": tokens} | video | texts


def end_to_end(bundle: Path, modules: "Mapping[str, nn.Module]", config: ServingConfig) -> EndToEnd:
    """The same prompt and seed through the bundle and through torch: the widest clip, 4 steps, with sound."""
    from models.export.graphs import as_graph
    from serving.bundle import Bundle
    from serving.pipeline import Pipeline
    from serving.sampling.sampler import Overrides

    loaded = Bundle.load(bundle, providers=("CPUExecutionProvider",))
    torch_graphs = {name: as_graph(module) for name, module in modules.items()}
    widest = max(config.sizes, key=lambda aspect: config.sizes[aspect][1] / config.sizes[aspect][0])
    clips = [
        pipeline.generate(_PROMPT, seconds=config.max_seconds, aspect=widest, seed=1, overrides=Overrides(steps=4))
        for pipeline in (Pipeline.from_bundle(loaded), Pipeline(torch_graphs, loaded.tokenizers, config))
    ]
    left, right = (clip.frames.astype(np.int16) for clip in clips)
    sounds = [clip.audio for clip in clips]
    if sounds[0] is None or sounds[1] is None:
        raise RuntimeError("a clip came without sound although it was asked for")
    return EndToEnd(float(np.abs(left - right).max()), float(np.abs(sounds[0] - sounds[1]).max()))
