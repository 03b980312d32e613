"""Upsamplers on disk."""

from pathlib import Path

from models.backbone.errors import WeightsDoNotFit
from models.backbone.weights import CONFIG, load_strictly, read_weights, save_weights
from models.files import read_json
from models.upsampler.config import UpsamplerConfig
from models.upsampler.network import Upsampler

KIND = "upsampler"


def save_upsampler(model: Upsampler, folder: Path) -> None:
    """Write ``model`` to ``folder`` (``model.safetensors``, ``config.json``)."""
    save_weights(model, model.config, KIND, folder)


def load_upsampler(folder: Path) -> Upsampler:
    """The upsampler in ``folder``, in evaluation mode on the CPU.

    Raises:
        WeightsDoNotFit: The folder holds no upsampler, or a damaged one.
    """
    try:
        stored = read_json(folder / CONFIG)
    except FileNotFoundError as error:
        raise WeightsDoNotFit(f"{folder} holds no {CONFIG}: train an upsampler into it first") from error
    if stored.get("kind") != KIND:
        raise WeightsDoNotFit(f"{folder} holds a model of kind {stored.get('kind')!r}, not {KIND!r}")
    fields = stored["model"]
    model = Upsampler(UpsamplerConfig(tuple(fields["widths"]), fields["depth"], fields["time_width"]))
    load_strictly(model, read_weights(folder), folder)
    return model.eval()
