"""Audio backbones on disk."""

from pathlib import Path

from models.audio.network import AudioBackbone
from models.backbone.weights import load_strictly, read_config, read_weights, save_weights
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
    """Start ``model`` from the audio backbone in ``folder``.

    Raises:
        WeightsDoNotFit: A size differs.
    """
    read_config(folder, KIND)
    load_strictly(model, read_weights(folder), folder)
