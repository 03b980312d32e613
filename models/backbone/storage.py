"""Backbones on disk, and the warm start of one from another."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.backbone.errors import WeightsDoNotFit
from models.backbone.network import Backbone
from models.backbone.positions import extended
from models.backbone.weights import (
    Put,
    check_shapes,
    load_strictly,
    read_config,
    read_weights,
    save_weights,
    stored_weights,
)
from models.recipes import BackboneConfig

KIND = "backbone"
_TABLES, _EMBED = "positions.", "embed.weight"
_CONDITIONS = ("source", "reference", "span", "known")
_MAY_DIFFER = {"positions", *_CONDITIONS}


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
    """Start ``model`` as :func:`warm_start` says. Raises WeightsDoNotFit as it does."""
    put = warm_start(model, folder)
    for name, tensor in model.state_dict().items():
        put(name, tensor)


def warm_start(model: Backbone, folder: Path) -> Put:
    """How to start ``model`` from the backbone in ``folder``, so that on the old grids its output is the earlier one's.

    The tensors are read one at a time, when they are asked for, so that ``model`` may still be on the meta device.
    Position tables grow (:func:`models.backbone.positions.extended`); a source or known frames that are new get zero
    weights; a reference or a span that is new keeps the weights it was made with, of which the last is zero.

    Raises:
        WeightsDoNotFit: Anything else differs or a condition would be lost; or, when it is asked for, a table would
            shrink.
    """
    earlier = BackboneConfig(**read_config(folder, KIND))
    _refuse_other_differences(earlier, model.config, folder)
    stored, shapes = stored_weights(folder)
    new = any(getattr(model.config, condition) and not getattr(earlier, condition) for condition in _CONDITIONS)

    @torch.no_grad()
    def put(name: str, tensor: Tensor) -> None:
        if name in stored.entries:
            tensor.copy_(_adapted(name, stored.tensor(name), tensor.shape))

    check_shapes(model, _adapted_shapes(model, earlier, shapes, new=new), folder)
    return put


def _adapted(name: str, stored: Tensor, shape: torch.Size) -> Tensor:
    """An earlier tensor as the later network has it."""
    if name.startswith(_TABLES):
        return extended(stored, shape[0], name)
    return with_silent_inputs(stored, shape[1]) if name == _EMBED else stored


def _adapted_shapes(
    model: Backbone, earlier: BackboneConfig, stored: dict[str, tuple[int, ...]], *, new: bool
) -> dict[str, tuple[int, ...]]:
    """The shapes of earlier tensors once they are adapted, and of those that new conditions add."""
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    shapes = own | stored if new else dict(stored)
    added = (model.config.input_channels - earlier.input_channels) * model.config.patch**2
    for name in shapes.keys() & own.keys():
        if name.startswith(_TABLES):
            shapes[name] = (own[name][0], *shapes[name][1:])
        elif name == _EMBED:
            shapes[name] = (shapes[name][0], shapes[name][1] + added)
    return shapes


def _refuse_other_differences(earlier: BackboneConfig, wanted: BackboneConfig, folder: Path) -> None:
    before, after = _without_lengths(earlier), _without_lengths(wanted)
    for field in before.keys() - _MAY_DIFFER:
        if before[field] != after[field]:
            raise WeightsDoNotFit(
                f"{folder}: {field} is {before[field]} there and {after[field]} in the network; "
                f"a warm start may change only {sorted(_MAY_DIFFER)}"
            )
    if after["source"] > before["source"] and before["known"]:
        raise WeightsDoNotFit(f"{folder}: a source comes before known frames and cannot be added to a model with them")
    for field in _CONDITIONS:
        if before[field] and not after[field]:
            raise WeightsDoNotFit(f"{folder}: its {field} condition would be lost; configure {field}=True")


def _without_lengths(config: BackboneConfig) -> dict[str, Any]:
    """The fields, of the text encoders all but how many tokens of a text are read: no weight depends on that."""
    fields = asdict(config)
    for encoder in fields["text"].values():
        del encoder["length"]
    return fields


def with_silent_inputs(embed: Tensor, inputs: int) -> Tensor:
    """The patch embedding [D, I] with ``inputs`` columns: those that are new come last, with zero weights."""
    return torch.nn.functional.pad(embed, (0, inputs - embed.shape[1]))
