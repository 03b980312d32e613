"""Storage of the contrastive model: float16 safetensors beside their configuration and card."""

from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save

from models.contrastive.config import FOLDER, WEIGHTS, ContrastiveConfig
from models.contrastive.network import ContrastiveModel
from models.files import read_json, write_bytes, write_json

_CONFIG = "config.json"


@dataclass(frozen=True)
class Calibration:
    """Log odds that a caption fits a clip, as a line over their cosine: ``slope * cosine + offset``.

    Fitted on clips that nothing else was trained or measured on.
    """

    slope: float
    offset: float


def save_model(model: ContrastiveModel, calibration: Calibration, folder: Path = FOLDER) -> None:
    """Write weights and configuration, each whole or not at all."""
    parts = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    write_bytes(folder / WEIGHTS, save(parts))
    write_json(folder / _CONFIG, {"model": model.config.as_json(), "calibration": asdict(calibration)})


def load_model(folder: Path = FOLDER) -> tuple[ContrastiveModel, Calibration]:
    """The model in evaluation mode, frozen, with float32 weights; and its calibration.

    Raises:
        FileNotFoundError: The folder holds none.
        RuntimeError: Its weights do not fit its configuration.
    """
    known = read_json(folder / _CONFIG)
    with torch.device("meta"):
        model = ContrastiveModel(ContrastiveConfig.from_json(known["model"]))
    parts = {name: value.float() for name, value in load_file(folder / WEIGHTS).items()}
    model.load_state_dict(parts, assign=True)
    return model.eval().requires_grad_(requires_grad=False), Calibration(**known["calibration"])
