"""Model averaging: one model from several finetunes of the same one (Movie Gen 3.3), piece by piece."""

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor

from models.files import atomic_path, read_json
from models.tensor_files import WEIGHTS, TensorFiles, write_tensors
from models.training.errors import WeightsDiffer

CONFIG = "config.json"


def average_files(files: Sequence[Path], out: Path, weights: Sequence[float] | None = None) -> None:
    """Write the weighted mean of models to the safetensors file ``out``, atomically.

    Models are read and the mean is written a piece of a tensor at a time, so memory does not grow with them; sums are
    float64. Tensors that hold no floats must be equal and are copied.

    Args:
        files: Safetensors files, or folders with one or with shards, of the same tensors.
        out: The mean.
        weights: One a file; they are normalised. None: the plain mean.

    Raises:
        TensorsMissing, TensorsDamaged: A path holds no model, or not a whole one.
        WeightsDiffer: Names, shapes, types or integer tensors differ; the message names the first that does.
        ValueError: No files, or weights that are not positive and one a file.
    """
    shares = _shares(len(files), weights)
    models = [TensorFiles(path) for path in files]
    first = models[0]
    for model in models[1:]:
        _compare(first, model)

    def mean(name: str) -> Iterator[Tensor]:
        for pieces in zip(*(model.pieces(name) for model in models), strict=True):
            yield _mean(name, models, pieces, shares)

    write_tensors(out, first.entries, mean)


def average_folders(folders: Sequence[Path], out: Path, weights: Sequence[float] | None = None) -> None:
    """Average model folders (``model.safetensors`` or its shards, ``config.json``) into the folder ``out``.

    Raises:
        WeightsDiffer: Their configurations or tensors differ.
        ValueError: See ``average_files``.
    """
    for folder in folders[1:]:
        if read_json(folder / CONFIG) != read_json(folders[0] / CONFIG):
            raise WeightsDiffer(f"{folder / CONFIG} differs from {folders[0] / CONFIG}: average finetunes of one model")
    average_files(folders, out / WEIGHTS, weights)
    with atomic_path(out / CONFIG) as temporary:
        shutil.copyfile(folders[0] / CONFIG, temporary)


def greedy_soup(folders: Sequence[Path], out: Path, rank: Callable[[Path], tuple[float, ...]]) -> list[Path]:
    """Average the best model with each next best one that makes it better still (Wortsman et al. 2022).

    Args:
        folders: Model folders.
        out: Where the result goes.
        rank: Of a model folder, such as its loss; lower is better, later numbers count where earlier ones are equal.
            Called once a folder and once a trial.

    Returns:
        The folders that went in, best first.
    """
    ranks = {folder: rank(folder) for folder in folders}
    ranked = sorted(folders, key=ranks.__getitem__)
    chosen, best = [ranked[0]], ranks[ranked[0]]
    average_folders(chosen, out)
    trial = out.with_name(out.name + ".trial")
    for candidate in ranked[1:]:
        average_folders([*chosen, candidate], trial)
        tried = rank(trial)
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


def _compare(one: TensorFiles, other: TensorFiles) -> None:
    if different := one.entries.keys() ^ other.entries.keys():
        raise WeightsDiffer(f"{other.path} and {one.path} do not hold the same tensors: {sorted(different)[:3]}")
    for name, entry in one.entries.items():
        found = other.entries[name]
        if found != entry:
            raise WeightsDiffer(
                f"{name} is {found.shape} {found.dtype} in {other.path} and {entry.shape} {entry.dtype} in {one.path}"
            )


def _mean(name: str, models: Sequence[TensorFiles], pieces: Sequence[Tensor], shares: Sequence[float]) -> Tensor:
    first = pieces[0]
    if not first.is_floating_point():
        for model, piece in zip(models, pieces, strict=True):
            if not torch.equal(piece, first):
                raise WeightsDiffer(f"{name} holds other integers in {model.path} than in {models[0].path}")
        return first
    total = first.double().mul_(shares[0])
    for piece, share in zip(pieces[1:], shares[1:], strict=True):
        total.add_(piece, alpha=share)
    return total.to(first.dtype)
