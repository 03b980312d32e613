"""The networks whose graphs are timed: of the demo's sizes with random weights, and the starter autoencoder."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from models.recipes import Profile
from models.starter import AUTOENCODER
from models.text.config import TextConfig

if TYPE_CHECKING:
    from torch import nn

SEED = 0


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
    backbone, audio = Backbone(replace(profile.backbone, positions=largest)), AudioBackbone(profile.audio_model)
    codec = AudioCodec(profile.codec.model)
    for network in (backbone, audio, codec):
        _open(network)
    save_backbone(backbone, folder / "backbone")
    save_audio_backbone(audio, folder / "audio_backbone")
    codec.save(folder / "codec")
    return {"autoencoder": AUTOENCODER} | {name: folder / name for name in ("backbone", "audio_backbone", "codec")}


def sizes(profile: Profile, text: TextConfig) -> dict[str, Mapping[str, int]]:
    """Sizes that each graph is timed at: a wide clip as generation runs it, guided (two rows); tiles of 32 frames."""
    height, width = next(size for size in profile.sizes_high if size[0] < size[1])
    picture = {"h": height // 8, "w": width // 8}
    lengths = {f"L_{role}": encoder.length for role, encoder in text.encoders.items()}
    seconds = profile.frames_high / 16
    return {
        "text_minilm": {"B": 2, "L": text.prompt.length},
        "text_contrastive": {"B": 2, "L": text.long.length},
        "text_bytes": {"B": 2, "L": text.characters.length},
        "autoencoder_encode": {"B": 1, "F": 32, "H": height, "W": width},
        "autoencoder_decode": {"B": 1, "T": 4, **picture},
        "backbone": {"B": 2, "T": profile.frames_high // 8, **picture, **lengths},
        "audio_backbone": {"B": 2, "A": round(25 * seconds), **lengths},
        "audio_decode": {"B": 1, "A": round(25 * seconds)},
    }


def _open(network: "nn.Module") -> None:
    import torch

    for parameter in network.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
