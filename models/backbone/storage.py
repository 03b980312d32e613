"""Backbones on disk, and the warm start of one from another."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.backbone.errors import WeightsDoNotFit
from models.backbone.network import Backbone
from models.backbone.positions import extended
from models.backbone.weights import load_strictly, read_config, read_weights, save_weights
from models.recipes import BackboneConfig

KIND = "backbone"
_MAY_DIFFER = {"positions", "source", "reference"}


def save_backbone(model: Backbone, folder: Path) -> None:
    """Write ``model`` to ``folder`` (``model.safetensors``, ``config.json``)."""
    save_weights(model, model.config, KIND, folder)


def load_backbone(folder: Path) -> Backbone:
    """The backbone in ``folder``, in evaluation mode on the CPU.

    Raises:
        WeightsDoNotFit: The folder holds no backbone, or a damaged one.
    """
    model = Backbone(BackboneConfig(**read_config(folder, KIND)))
    load_strictly(model, read_weights(folder), folder)
    return model.eval()


def initialise_from(model: Backbone, folder: Path) -> None:
    """Start ``model`` from the backbone in ``folder``, so that on the old grids its output is the earlier one's.

    Position tables grow (:func:`models.backbone.positions.extended`); a source condition that is new gets zero
    weights; a reference condition that is new keeps the weights it was made with, of which the last is zero.

    Raises:
        WeightsDoNotFit: Anything else differs, a table would shrink, or a condition would be lost.
    """
    earlier = BackboneConfig(**read_config(folder, KIND))
    _refuse_other_differences(earlier, model.config, folder)
    weights = read_weights(folder)
    own = model.state_dict()
    for name in list(weights):
        if name.startswith("positions.") and name in own:
            weights[name] = extended(weights[name], own[name].shape[0], name)
    if model.config.source and not earlier.source:
        weights["embed.weight"] = _with_silent_source(weights["embed.weight"])
    if model.config.reference and not earlier.reference:
        weights = {name: weights.get(name, tensor) for name, tensor in own.items()} | weights
    load_strictly(model, weights, folder)


def _refuse_other_differences(earlier: BackboneConfig, wanted: BackboneConfig, folder: Path) -> None:
    before, after = _without_lengths(earlier), _without_lengths(wanted)
    for field in before.keys() - _MAY_DIFFER:
        if before[field] != after[field]:
            raise WeightsDoNotFit(
                f"{folder}: {field} is {before[field]} there and {after[field]} in the network; "
                f"a warm start may change only {sorted(_MAY_DIFFER)}"
            )
    for field in ("source", "reference"):
        if before[field] and not after[field]:
            raise WeightsDoNotFit(f"{folder}: its {field} condition would be lost; configure {field}=True")


def _without_lengths(config: BackboneConfig) -> dict[str, Any]:
    """The fields, of the text encoders all but how many tokens of a text are read: no weight depends on that."""
    fields = asdict(config)
    for encoder in fields["text"].values():
        del encoder["length"]
    return fields


def _with_silent_source(embed: Tensor) -> Tensor:
    """The patch embedding [D, C p p] with as many input channels again, of zero weight."""
    return torch.cat([embed, torch.zeros_like(embed)], dim=1)
