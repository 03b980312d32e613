"""Random states of the three text encoders."""

import torch

from models.text.config import ROLES, TextConfig, TextEncoderConfig, mask_name, states_name


def text_config(width):
    """Encoders whose states are all of one width."""
    return TextConfig(*(TextEncoderConfig(kind, width, 8) for kind in ("minilm", "contrastive", "bytes")))


def random_text(batch, length, config=None, generator=None):
    """States and masks as networks take them, every token real; ``length`` tokens of each encoder."""
    config = config or TextConfig()
    return tuple(
        (torch.randn(batch, length, each.width, generator=generator), torch.ones(batch, length, dtype=torch.bool))
        for each in config.encoders.values()
    )


def named(text):
    """The same as batches hold them."""
    found = {}
    for role, (states, mask) in zip(ROLES, text, strict=True):
        found |= {states_name(role): states, mask_name(role): mask}
    return found


def full_text(batch, config):
    """States and masks at the encoders' own lengths, every token real."""
    return tuple(
        (torch.randn(batch, each.length, each.width), torch.ones(batch, each.length, dtype=torch.bool))
        for each in config.encoders.values()
    )
