"""Weights of a network on disk: ``model.safetensors`` beside a ``config.json`` of {"kind", "model"}. No pickle."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.backbone.errors import WeightsDoNotFit
from models.files import atomic_path, read_json, write_json
from models.tensor_files import Entry, TensorFiles, TensorsDamaged, TensorsMissing, write_tensors
from models.text.config import network_fields

WEIGHTS = "model.safetensors"
CONFIG = "config.json"

Put = Callable[[str, Tensor], None]
"""(name, tensor) -> None: puts into a tensor of a network what it is to start from, if that is known."""


def save_weights(network: nn.Module, config: Any, kind: str, folder: Path) -> None:
    """Write ``network`` and its configuration dataclass to ``folder``, each file atomically."""
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(state, temporary)
    write_json(folder / CONFIG, {"kind": kind, "model": asdict(config)})


def write_weights(
    entries: Mapping[str, Entry], content: Callable[[str], Iterator[Tensor]], config: Any, kind: str, folder: Path
) -> None:
    """As ``save_weights``, of a network that nobody holds whole: see :func:`models.tensor_files.write_tensors`."""
    write_tensors(folder / WEIGHTS, entries, content)
    write_json(folder / CONFIG, {"kind": kind, "model": asdict(config)})


def read_config(folder: Path, kind: str) -> dict[str, Any]:
    """The configuration fields of the network in ``folder``, as its configuration takes them.

    Raises:
        WeightsDoNotFit: There is no network there, it is of another kind, or it was trained with one text encoder.
    """
    try:
        stored = read_json(folder / CONFIG)
    except FileNotFoundError as error:
        raise WeightsDoNotFit(f"{folder} holds no {CONFIG}: train a model into it first") from error
    if stored.get("kind") != kind:
        raise WeightsDoNotFit(f"{folder} holds a model of kind {stored.get('kind')!r}, not {kind!r}")
    if "text" not in stored["model"]:
        raise WeightsDoNotFit(f"{folder} holds a model that reads one text encoder, not three: train it again")
    return network_fields(stored["model"])


def read_weights(folder: Path) -> dict[str, Tensor]:
    """The tensors of the network in ``folder``.

    Raises:
        WeightsDoNotFit: The file is missing or damaged.
    """
    path = folder / WEIGHTS
    try:
        return load_file(path)
    except (FileNotFoundError, SafetensorError) as error:
        raise WeightsDoNotFit(f"{path} cannot be read ({error}): train the model again") from error


def stored_weights(folder: Path) -> tuple[TensorFiles, dict[str, tuple[int, ...]]]:
    """The tensors of the network in ``folder``, to be read one at a time, and their shapes; in one file or in shards.

    Raises:
        WeightsDoNotFit: A file is missing or damaged.
    """
    stored = TensorFiles(folder)
    try:
        return stored, {name: entry.shape for name, entry in stored.entries.items()}
    except (TensorsMissing, TensorsDamaged) as error:
        raise WeightsDoNotFit(f"{folder} cannot be read ({error}): train the model again") from error


def load_strictly(network: nn.Module, weights: dict[str, Tensor], where: Path) -> None:
    """Put ``weights`` into ``network``; every name and shape must agree.

    Raises:
        WeightsDoNotFit: They do not; the message names the first tensor.
    """
    own = network.state_dict()
    check_shapes(network, {name: tuple(tensor.shape) for name, tensor in weights.items()}, where)
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(weights[name])


def check_shapes(network: nn.Module, shapes: Mapping[str, tuple[int, ...]], where: Path) -> None:
    """Whether tensors of these names and shapes are those of ``network``, which may be on the meta device.

    Raises:
        WeightsDoNotFit: See ``load_strictly``.
    """
    own = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    for name in sorted(own.keys() | shapes.keys()):
        found, wanted = shapes.get(name), own.get(name)
        if found != wanted:
            raise WeightsDoNotFit(
                f"{where}: tensor {name} has shape {found} there and {wanted} in the network "
                "(None: absent): configure the network as the stored one"
            )
