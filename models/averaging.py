"""Model averaging: one model from several finetunes of the same one (Movie Gen 3.3), tensor by tensor."""

import math
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from models.files import atomic_path, read_json
from models.training.errors import WeightsDiffer

WEIGHTS = "model.safetensors"
CONFIG = "config.json"


def average_files(files: Sequence[Path], out: Path, weights: Sequence[float] | None = None) -> None:
    """Write the weighted mean of safetensors files to ``out``, atomically.

    Inputs are memory-mapped and read a tensor at a time; sums are float64; what is held is one model, the result.
    Tensors that hold no floats must be equal and are copied.

    Args:
        files: Models with the same tensors.
        out: The mean.
        weights: One a file; they are normalised. None: the plain mean.

    Raises:
        WeightsDiffer: Names, shapes, types or integer tensors differ; the message names the first that does.
        ValueError: No files, or weights that are not positive and one a file.
    """
    shares = _shares(len(files), weights)
    with ExitStack() as stack:
        opened = [stack.enter_context(safe_open(path, framework="pt")) for path in files]
        names = _names(files, opened)
        mean = {name: _mean(name, files, [source.get_tensor(name) for source in opened], shares) for name in names}
    with atomic_path(out) as temporary:
        save_file(mean, temporary)


def average_folders(folders: Sequence[Path], out: Path, weights: Sequence[float] | None = None) -> None:
    """Average model folders (``model.safetensors``, ``config.json``) into the folder ``out``.

    Raises:
        WeightsDiffer: Their configurations or tensors differ.
        ValueError: See ``average_files``.
    """
    for folder in folders[1:]:
        if read_json(folder / CONFIG) != read_json(folders[0] / CONFIG):
            raise WeightsDiffer(f"{folder / CONFIG} differs from {folders[0] / CONFIG}: average finetunes of one model")
    average_files([folder / WEIGHTS for folder in folders], out / WEIGHTS, weights)
    with atomic_path(out / CONFIG) as temporary:
        shutil.copyfile(folders[0] / CONFIG, temporary)


def greedy_soup(folders: Sequence[Path], out: Path, loss: Callable[[Path], float]) -> list[Path]:
    """Average the best model with each next best one that lowers the loss further (Wortsman et al. 2022).

    Args:
        folders: Model folders.
        out: Where the result goes.
        loss: Of a model folder, lower is better; called once a folder and once a trial.

    Returns:
        The folders that went in, best first.
    """
    losses = {folder: loss(folder) for folder in folders}
    ranked = sorted(folders, key=losses.__getitem__)
    chosen, best = [ranked[0]], losses[ranked[0]]
    average_folders(chosen, out)
    trial = out.with_name(out.name + ".trial")
    for candidate in ranked[1:]:
        average_folders([*chosen, candidate], trial)
        tried = loss(trial)
        if tried < best:
            best = tried
            chosen.append(candidate)
            average_folders(chosen, out)
    shutil.rmtree(trial, ignore_errors=True)
    return chosen


def _shares(count: int, weights: Sequence[float] | None) -> list[float]:
    given = [1.0] * count if weights is None else list(weights)
    if not count or len(given) != count:
        raise ValueError(f"{count} models and {len(given)} weights: give at least one model, and one weight each")
    if any(not math.isfinite(weight) or weight < 0 for weight in given) or sum(given) <= 0:
        raise ValueError(f"weights must be finite, not negative and not all zero, not {given}")
    return [weight / sum(given) for weight in given]


def _names(files: Sequence[Path], opened: Sequence[Any]) -> list[str]:
    names = set(opened[0].keys())
    for path, source in zip(files, opened, strict=True):
        if different := names ^ set(source.keys()):
            raise WeightsDiffer(f"{path} and {files[0]} do not hold the same tensors: {sorted(different)[:3]}")
    return sorted(names)


def _mean(name: str, files: Sequence[Path], tensors: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    first = tensors[0]
    for path, tensor in zip(files, tensors, strict=True):
        if tensor.shape != first.shape or tensor.dtype != first.dtype:
            raise WeightsDiffer(
                f"{name} is {tuple(tensor.shape)} {tensor.dtype} in {path} and {tuple(first.shape)} {first.dtype} "
                f"in {files[0]}"
            )
        if not first.is_floating_point() and not torch.equal(tensor, first):
            raise WeightsDiffer(f"{name} holds other integers in {path} than in {files[0]}")
    if not first.is_floating_point():
        return first.clone()
    total = torch.zeros(first.shape, dtype=torch.float64)
    for tensor, share in zip(tensors, shares, strict=True):
        total.add_(tensor.double(), alpha=share)
    return total.to(first.dtype)
