"""What each exported graph takes and gives: the contract between training and serving, as data. Imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.recipes import AUDIO_CHANNELS, LATENT_CHANNELS, REFERENCE_SIZE, TEXT_DIM

_VOCABULARY = 30_522


@dataclass(frozen=True)
class Input:
    """One named input of a graph.

    Attributes:
        name: As sessions are fed.
        shape: Sizes; a string names one that is free. Names shared between inputs are one size.
        kind: float (float32), times (float32 in [0, 1]), ids (int64 tokens), mask (bool) or ones (int64 mask).
    """

    name: str
    shape: tuple[int | str, ...]
    kind: str = "float"


_LATENT = ("B", LATENT_CHANNELS, "T", "h", "w")
_CONDITIONS = (
    Input("time", ("B",), "times"),
    Input("text", ("B", "L", TEXT_DIM)),
    Input("text_mask", ("B", "L"), "mask"),
)
_BACKBONE = (Input("latent", _LATENT), *_CONDITIONS)

SIGNATURES: Mapping[str, tuple[Input, ...]] = {
    "text_encoder": (Input("input_ids", ("B", "L"), "ids"), Input("attention_mask", ("B", "L"), "ones")),
    "autoencoder_encode": (Input("video", ("B", 3, "F", "H", "W")),),
    "autoencoder_decode": (Input("latent", _LATENT),),
    "backbone": _BACKBONE,
    "personalized_backbone": (*_BACKBONE, Input("reference", ("B", "K", "D"))),
    "reference_encoder": (Input("image", ("B", 3, REFERENCE_SIZE, REFERENCE_SIZE)),),
    "editing_backbone": (*_BACKBONE, Input("source", _LATENT)),
    "audio_backbone": (
        Input("latent", ("B", "A", AUDIO_CHANNELS)),
        *_CONDITIONS,
        Input("video", ("B", "A", 4 * LATENT_CHANNELS)),
    ),
    "audio_decode": (Input("latent", ("B", "A", AUDIO_CHANNELS)),),
}
"""Inputs of every graph, in order. Each has one output, named in :data:`OUTPUTS`."""

OUTPUTS: Mapping[str, str] = {
    "text_encoder": "states",
    "autoencoder_encode": "latent",
    "autoencoder_decode": "video",
    "backbone": "velocity",
    "personalized_backbone": "velocity",
    "reference_encoder": "reference",
    "editing_backbone": "velocity",
    "audio_backbone": "velocity",
    "audio_decode": "waveform",
}


def example(name: str, sizes: Mapping[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    """Random inputs of graph ``name`` at the given free sizes; the last text token of the last row is padding.

    Args:
        name: A graph's name.
        sizes: A number for each free size, such as {"B": 2, "T": 1, "h": 8, "w": 8, "L": 7}.
        seed: Of the values.
    """
    random = np.random.default_rng(seed)
    made: dict[str, np.ndarray] = {}
    for item in SIGNATURES[name]:
        shape = tuple(sizes[size] if isinstance(size, str) else size for size in item.shape)
        if item.kind == "float":
            made[item.name] = random.standard_normal(shape, dtype=np.float32)
        elif item.kind == "times":
            made[item.name] = random.random(shape, dtype=np.float32)
        elif item.kind == "ids":
            made[item.name] = random.integers(1000, _VOCABULARY, shape)
        else:
            mask = np.ones(shape, dtype=bool if item.kind == "mask" else np.int64)
            mask[-1, -1] = 0
            made[item.name] = mask
    return made
