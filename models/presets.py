"""Named sizes of the backbone, from a laptop's to the paper's (Movie Gen Table 2 and ablations). Imports no torch."""

from models.recipes import STARTER_BACKBONE, BackboneConfig
from models.text.config import BYTE_WIDTH, CONTRASTIVE_WIDTH, TextConfig, TextEncoderConfig

PAPER_TEXT = TextConfig(
    prompt=TextEncoderConfig("t5", 4096, 300, "google/ul2"),
    long=TextEncoderConfig("clip", 1280, 256, "long-prompt-metaclip"),
    characters=TextEncoderConfig("byt5", 1472, 100, "google/byt5-small"),
)
"""The paper's three encoders; their sizes and lengths are not published, these are the ones of its reproductions.

Long-prompt MetaCLIP, tuned from 77 to 256 tokens, was never published: its source is a folder, with any CLIP text model
whose position table holds that many.
"""

_LONG_TEXT = TextConfig(
    long=TextEncoderConfig("contrastive", CONTRASTIVE_WIDTH, 256), characters=TextEncoderConfig("bytes", BYTE_WIDTH, 64)
)


def tiny() -> BackboneConfig:
    """Learns in minutes on two laptop cores."""
    return BackboneConfig()


def starter() -> BackboneConfig:
    """The demo's, whose packaged weights (``models.starter``) it begins with: 7.3M parameters, 14.6 MB in bfloat16."""
    return STARTER_BACKBONE


def small() -> BackboneConfig:
    """A workstation's: 11.6M parameters, 23 MB in bfloat16."""
    return BackboneConfig(layers=8, width=288, ffn=768, heads=6, text=_LONG_TEXT, positions=(8, 8, 8))


def one_billion() -> BackboneConfig:
    """0.91B core parameters; heads of 96."""
    return BackboneConfig(layers=24, width=1536, ffn=4096, heads=16, text=PAPER_TEXT, positions=(32, 64, 64))


def five_billion() -> BackboneConfig:
    """4.83B core parameters; heads of 128."""
    return BackboneConfig(layers=32, width=3072, ffn=8192, heads=24, text=PAPER_TEXT, positions=(32, 64, 64))


def thirty_billion() -> BackboneConfig:
    """28.99B core parameters, heads of 128: 73,728 tokens at a latent of 32 x 96 x 96 (16 s of 768 pixels)."""
    return BackboneConfig(layers=48, width=6144, ffn=16384, heads=48, text=PAPER_TEXT, positions=(32, 64, 64))


PRESETS = {
    "tiny": tiny,
    "starter": starter,
    "small": small,
    "1b": one_billion,
    "5b": five_billion,
    "30b": thirty_billion,
}
