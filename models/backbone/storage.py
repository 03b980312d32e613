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
_CONDITIONS = ("source", "reference", "span")
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
    Position tables grow (:func:`models.backbone.positions.extended`); a source condition that is new gets zero
    weights; a reference or a span that is new keeps the weights it was made with, of which the last is zero.

    Raises:
        WeightsDoNotFit: Anything else differs or a condition would be lost; or, when it is asked for, a table would
            shrink.
    """
    earlier = BackboneConfig(**read_config(folder, KIND))
    _refuse_other_differences(earlier, model.config, folder)
    stored, shapes = stored_weights(folder)
    source, *more = (getattr(model.config, new) and not getattr(earlier, new) for new in _CONDITIONS)

    @torch.no_grad()
    def put(name: str, tensor: Tensor) -> None:
        if name in stored.entries:
            tensor.copy_(_adapted(name, stored.tensor(name), tensor.shape, source=source))

    check_shapes(model, _adapted_shapes(model, shapes, source=source, more=any(more)), folder)
    return put


def _adapted(name: str, stored: Tensor, shape: torch.Size, *, source: bool) -> Tensor:
    """An earlier tensor as the later network has it; ``source`` is whether that condition is new."""
    if name.startswith(_TABLES):
        return extended(stored, shape[0], name)
    return _with_silent_source(stored) if source and name == _EMBED else stored


def _adapted_shapes(
    model: Backbone, stored: dict[str, tuple[int, ...]], *, source: bool, more: bool
) -> dict[str, tuple[int, ...]]:
    """The shapes of earlier tensors once they are adapted, and of those that new conditions add."""
    own = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    shapes = own | stored if more else dict(stored)
    for name in shapes.keys() & own.keys():
        if name.startswith(_TABLES):
            shapes[name] = (own[name][0], *shapes[name][1:])
        elif source and name == _EMBED:
            shapes[name] = (shapes[name][0], 2 * shapes[name][1])
    return shapes


def _refuse_other_differences(earlier: BackboneConfig, wanted: BackboneConfig, folder: Path) -> None:
    before, after = _without_lengths(earlier), _without_lengths(wanted)
    for field in before.keys() - _MAY_DIFFER:
        if before[field] != after[field]:
            raise WeightsDoNotFit(
                f"{folder}: {field} is {before[field]} there and {after[field]} in the network; "
                f"a warm start may change only {sorted(_MAY_DIFFER)}"
            )
    for field in _CONDITIONS:
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
