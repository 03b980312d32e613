"""Audio backbones on disk."""

from pathlib import Path

import torch
from torch import Tensor

from models.audio.network import AudioBackbone
from models.backbone.weights import (
    Put,
    check_shapes,
    load_strictly,
    read_config,
    read_weights,
    save_weights,
    stored_weights,
)
from models.recipes import AudioConfig

KIND = "audio"


def save_audio_backbone(model: AudioBackbone, folder: Path) -> None:
    """Write ``model`` to ``folder`` (``model.safetensors``, ``config.json``)."""
    save_weights(model, model.config, KIND, folder)


def load_audio_backbone(folder: Path) -> AudioBackbone:
    """The audio backbone in ``folder``, in evaluation mode on the CPU.

    Raises:
        WeightsDoNotFit: The folder holds no audio backbone, or a damaged one.
    """
    model = AudioBackbone(AudioConfig(**read_config(folder, KIND)))
    load_strictly(model, read_weights(folder), folder)
    return model.eval()


def initialise_from(model: AudioBackbone, folder: Path) -> None:
    """Start ``model`` from the audio backbone in ``folder``. Raises WeightsDoNotFit if a size differs."""
    put = warm_start(model, folder)
    for name, tensor in model.state_dict().items():
        put(name, tensor)


def warm_start(model: AudioBackbone, folder: Path) -> Put:
    """How to start ``model``, which may be on the meta device, from the audio backbone in ``folder``.

    Raises:
        WeightsDoNotFit: A size differs.
    """
    read_config(folder, KIND)
    stored, shapes = stored_weights(folder)
    check_shapes(model, shapes, folder)

    @torch.no_grad()
    def put(name: str, tensor: Tensor) -> None:
        tensor.copy_(stored.tensor(name))

    return put
