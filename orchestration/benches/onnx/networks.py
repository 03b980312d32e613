"""The networks whose graphs are timed: all that a bundle of the demo holds, at its sizes.

Backbones and the sound's networks have random weights, autoencoder and upsampler are the starters.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.recipes import Profile
from models.starter import AUTOENCODER, UPSAMPLER
from models.text.config import TextConfig
from serving.upsampling.tiles import Tiles

if TYPE_CHECKING:
    from torch import nn

SEED = 0
_BACKBONES: Mapping[str, Mapping[str, Any]] = {
    "backbone": {},
    "student": {"span": True},
    "personalized_backbone": {"reference": True},
    "editing_backbone": {"source": True},
    "known_backbone": {"known": True},
}
"""What each takes beside latent, time and text."""


def networks(profile: Profile, folder: Path) -> dict[str, Path]:
    """Folders of the models as ``models.export.graphs.graph_modules`` takes them; all but the starter are written.

    What training starts at zero, such as outputs, is drawn too: zeros would agree whatever is wrong before them.
    """
    import torch

    from models.audio import AudioBackbone, save_audio_backbone
    from models.backbone import Backbone, save_backbone
    from models.codec.network import AudioCodec

    torch.manual_seed(SEED)
    largest = profile.frames_high // 8, *(max(sides) // 16 for sides in zip(*profile.sizes_high, strict=True))
    config = replace(profile.backbone, positions=largest)
    backbones = {name: Backbone(replace(config, **takes)) for name, takes in _BACKBONES.items()}
    audio, codec = AudioBackbone(profile.audio_model), AudioCodec(profile.codec.model)
    for network in (*backbones.values(), audio, codec):
        _open(network)
    for name, backbone in backbones.items():
        save_backbone(backbone, folder / name)
    save_audio_backbone(audio, folder / "audio_backbone")
    codec.save(folder / "codec")
    drawn = {name: folder / name for name in (*backbones, "audio_backbone", "codec")}
    return {"autoencoder": AUTOENCODER, "upsampler": UPSAMPLER} | drawn


def sizes(profile: Profile, text: TextConfig) -> dict[str, Mapping[str, int]]:
    """Sizes that each graph is timed at: a wide clip as generation runs it, guided; tiles of usual length."""
    from models.backbone import REFERENCE_TOKENS

    height, width = next(size for size in profile.sizes_high if size[0] < size[1])
    picture = {"h": height // 8, "w": width // 8}
    lengths = {f"L_{role}": encoder.length for role, encoder in text.encoders.items()}
    seconds = profile.frames_high / 16
    guided = {"B": 2, "T": profile.frames_high // 8, **picture, **lengths}
    tiles = Tiles()
    return {
        "text_minilm": {"B": 2, "L": text.prompt.length},
        "text_contrastive": {"B": 2, "L": text.long.length},
        "text_bytes": {"B": 2, "L": text.characters.length},
        "autoencoder_encode": {"B": 1, "F": 32, "H": height, "W": width},
        "autoencoder_decode": {"B": 1, "T": 4, **picture},
        "backbone": guided,
        "student": guided | {"B": 1},
        "personalized_backbone": guided | {"K": REFERENCE_TOKENS},
        "reference_encoder": {"B": 1},
        "editing_backbone": guided | {"B": 3},
        "known_backbone": guided,
        "audio_backbone": {"B": 2, "A": round(25 * seconds), **lengths},
        "audio_decode": {"B": 1, "A": round(25 * seconds)},
        "upsampler": {"F": tiles.frames, "H": height, "W": width},
    }


def _open(network: "nn.Module") -> None:
    import torch

    for parameter in network.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
