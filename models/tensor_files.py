"""Safetensors without holding a model: files written tensor by tensor, and files or folders of shards read so.

The format (https://github.com/huggingface/safetensors): eight bytes of header length, a JSON header with each tensor's
type, shape and place, then the tensors' bytes without gaps.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from safetensors import safe_open
from torch import Tensor

from models.files import atomic_path, read_json

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"  # of a folder of shards, as Hugging Face writes it
_TYPES = {
    torch.float64: "F64",
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int64: "I64",
    torch.int32: "I32",
    torch.int16: "I16",
    torch.int8: "I8",
    torch.uint8: "U8",
    torch.bool: "BOOL",
}
_DTYPES = {name: dtype for dtype, name in _TYPES.items()}
_ALIGNMENT = 8
_CHUNK = 1 << 20  # elements that are held of a tensor


class TensorsMissing(FileNotFoundError):
    """A path that holds neither a safetensors file nor the index of its shards."""


@dataclass(frozen=True)
class Entry:
    """What a file says of a tensor."""

    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def bytes(self) -> int:
        """Its size in the file."""
        return self.dtype.itemsize * torch.Size(self.shape).numel()


@dataclass(frozen=True)
class TensorFiles:
    """The tensors of a safetensors file, or of a folder that holds one or several shards with their index."""

    path: Path

    @cached_property
    def _where(self) -> dict[str, Path]:
        """The file of each tensor."""
        if self.path.is_dir() and (self.path / INDEX).is_file():
            return {name: self.path / file for name, file in read_json(self.path / INDEX)["weight_map"].items()}
        file = self.path / WEIGHTS if self.path.is_dir() else self.path
        if not file.is_file():
            raise TensorsMissing(f"{self.path} holds no weights: neither {WEIGHTS} nor {INDEX} is there")
        with safe_open(file, framework="pt") as opened:
            return dict.fromkeys(opened.keys(), file)

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Type and shape of each tensor.

        Raises:
            TensorsMissing: There is no file.
        """
        found = {}
        for file in sorted(set(self._where.values())):
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118  # not a dictionary
                    piece = opened.get_slice(name)
                    found[name] = Entry(_DTYPES[piece.get_dtype()], tuple(piece.get_shape()))
        return {name: found[name] for name in self._where}

    def chunks(self, name: str) -> Iterator[Tensor]:
        """A tensor in pieces along its first dimension, a mebi-element or a row each; one without dimensions whole.

        The file is opened anew, so the pages of a tensor that has been read leave memory with it.
        """
        shape = self.entries[name].shape
        with safe_open(self._where[name], framework="pt") as opened:
            if not shape:
                yield opened.get_tensor(name)
                return
            piece = opened.get_slice(name)
            rows = max(1, _CHUNK // max(1, torch.Size(shape[1:]).numel()))
            for start in range(0, shape[0], rows):
                yield piece[start : start + rows]


def write_tensors(path: Path, entries: Mapping[str, Entry], content: Callable[[str], Iterator[Tensor]]) -> None:
    """Write a safetensors file, atomically, holding no more than a piece at a time.

    Args:
        path: The file.
        entries: Its tensors.
        content: The pieces of a tensor, in order, of the type that its entry says.

    Raises:
        ValueError: The pieces of a tensor do not make what its entry says.
    """
    order = sorted(entries, key=lambda name: (-entries[name].dtype.itemsize, name))  # so that all stay aligned
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        file.write(_header(order, entries))
        for name in order:
            written = 0
            for piece in content(name):
                if piece.dtype != entries[name].dtype:
                    raise ValueError(f"{name} was announced as {entries[name].dtype} and is {piece.dtype}")
                written += file.write(piece.contiguous().flatten().view(torch.uint8).numpy().data)
            if written != entries[name].bytes:
                raise ValueError(f"{name} was announced with {entries[name].bytes} bytes and has {written}")


def _header(order: Sequence[str], entries: Mapping[str, Entry]) -> bytes:
    described, place = {}, 0
    for name in order:
        entry = entries[name]
        end = place + entry.bytes
        described[name] = {"dtype": _TYPES[entry.dtype], "shape": list(entry.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps({"__metadata__": {"format": "pt"}, **described}).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    return len(text).to_bytes(8, "little") + text
