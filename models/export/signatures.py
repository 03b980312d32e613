"""What each exported graph takes and gives: the contract between training and serving, as data. Imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.recipes import AUDIO_CHANNELS, KNOWN_MASKS, LATENT_CHANNELS, REFERENCE_SIZE
from models.text.config import MINILM_WIDTH, ROLES, mask_name, states_name

VOCABULARY = "V"
"""The size that says how many token ids there are."""

_FIRST_ID = 3  # ids before it are special ones


@dataclass(frozen=True)
class Input:
    """One named input of a graph.

    Attributes:
        name: As sessions are fed.
        shape: Sizes; a string names one that is free, or that depends on the model: D, its width, and E of each text
            encoder. Names shared between inputs are one size.
        kind: float (float32), times (float32 in [0, 1]), ids (int64 tokens), mask (bool) or ones (int64 mask).
    """

    name: str
    shape: tuple[int | str, ...]
    kind: str = "float"


_LATENT = ("B", LATENT_CHANNELS, "T", "h", "w")
_TEXT = tuple(
    item
    for role in ROLES
    for item in (
        Input(states_name(role), ("B", f"L_{role}", f"E_{role}")),
        Input(mask_name(role), ("B", f"L_{role}"), "mask"),
    )
)
_CONDITIONS = (Input("time", ("B",), "times"), *_TEXT)
_MASK = Input("attention_mask", ("B", "L"), "ones")
_TOKENS = (Input("input_ids", ("B", "L"), "ids"), _MASK)
_BACKBONE = (Input("latent", _LATENT), *_CONDITIONS)

SIGNATURES: Mapping[str, tuple[Input, ...]] = {
    "text_minilm": _TOKENS,
    "text_contrastive": (Input("states", ("B", "L", MINILM_WIDTH)), _MASK),
    "text_bytes": _TOKENS,
    "text_t5": _TOKENS,
    "text_clip": _TOKENS,
    "text_byt5": _TOKENS,
    "autoencoder_encode": (Input("video", ("B", 3, "F", "H", "W")),),
    "autoencoder_decode": (Input("latent", _LATENT),),
    "backbone": _BACKBONE,
    "student": (Input("latent", _LATENT), Input("time", ("B",), "times"), Input("span", ("B",), "times"), *_TEXT),
    "personalized_backbone": (*_BACKBONE, Input("reference", ("B", "K", "D"))),
    "reference_encoder": (Input("image", ("B", 3, REFERENCE_SIZE, REFERENCE_SIZE)),),
    "editing_backbone": (*_BACKBONE, Input("source", _LATENT)),
    "known_backbone": (*_BACKBONE, Input("known", ("B", LATENT_CHANNELS + KNOWN_MASKS, "T", "h", "w"))),
    "audio_backbone": (
        Input("latent", ("B", "A", AUDIO_CHANNELS)),
        *_CONDITIONS,
        Input("video", ("B", "A", 4 * LATENT_CHANNELS)),
    ),
    "audio_decode": (Input("latent", ("B", "A", AUDIO_CHANNELS)),),
    "upsampler": (
        Input("state", (1, 12, "F", "H", "W")),
        Input("time", (1,), "times"),
        Input("condition", (1, 3, "F", "H", "W")),
    ),
}
"""Inputs of every graph, in order. Each has one output, named in :data:`OUTPUTS`."""

OUTPUTS: Mapping[str, str] = {
    "text_minilm": "text_states",
    "text_contrastive": "text_states",
    "text_bytes": "text_states",
    "text_t5": "text_states",
    "text_clip": "text_states",
    "text_byt5": "text_states",
    "autoencoder_encode": "latent",
    "autoencoder_decode": "video",
    "backbone": "velocity",
    "student": "velocity",
    "personalized_backbone": "velocity",
    "reference_encoder": "reference",
    "editing_backbone": "velocity",
    "known_backbone": "velocity",
    "audio_backbone": "velocity",
    "audio_decode": "waveform",
    "upsampler": "velocity",
}


def example(name: str, sizes: Mapping[str, int], seed: int = 0) -> dict[str, np.ndarray]:
    """Random inputs of graph ``name`` at the given sizes; the last text token of the last row is padding.

    Args:
        name: A graph's name.
        sizes: A number for each size that has a name, such as {"B": 2, "L": 7}, and for ids :data:`VOCABULARY`.
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
            made[item.name] = random.integers(_FIRST_ID, sizes[VOCABULARY], shape)
        else:
            mask = np.ones(shape, dtype=bool if item.kind == "mask" else np.int64)
            mask[-1, -1] = 0
            made[item.name] = mask
    return made
