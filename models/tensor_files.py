"""Safetensors without holding a model: files written tensor by tensor, and files or folders of shards read so.

The format (https://github.com/huggingface/safetensors): eight bytes of header length, a JSON header with each tensor's
type, shape and place, then the tensors' bytes without gaps.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
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
_METADATA = "__metadata__"
_LENGTH = 8  # bytes of the header's length
_LONGEST = 100 << 20  # bytes of a header, as the library has it
_PIECE = 1 << 18  # elements that are held of a tensor: they fit a core's cache


class TensorsMissing(FileNotFoundError):
    """A path that holds neither a safetensors file nor the index of its shards."""


class TensorsDamaged(ValueError):
    """A file that is no whole safetensors file; the message says what is wrong with it."""


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
    def _places(self) -> dict[str, tuple[Entry, Path, int]]:
        """Entry, file and first byte of each tensor."""
        if self.path.is_dir() and (self.path / INDEX).is_file():
            where = {name: self.path / file for name, file in read_json(self.path / INDEX)["weight_map"].items()}
            held = {file: _read_header(file) for file in set(where.values())}
            if lacking := [name for name, file in where.items() if name not in held[file]]:
                raise TensorsDamaged(f"{self.path / INDEX} puts {lacking[0]} into {where[lacking[0]]}, which lacks it")
            return {name: (held[file][name][0], file, held[file][name][1]) for name, file in where.items()}
        file = self.path / WEIGHTS if self.path.is_dir() else self.path
        if not file.is_file():
            raise TensorsMissing(f"{self.path} holds no weights: neither {WEIGHTS} nor {INDEX} is there")
        return {name: (entry, file, start) for name, (entry, start) in _read_header(file).items()}

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Type and shape of each tensor.

        Raises:
            TensorsMissing: There is no file.
            TensorsDamaged: A file is not whole.
        """
        return {name: entry for name, (entry, _, _) in self._places.items()}

    def tensor(self, name: str) -> Tensor:
        """A tensor, whole and in memory of its own."""
        entry = self.entries[name]
        whole = torch.empty(entry.shape, dtype=entry.dtype)
        start = 0
        for piece in self.pieces(name):
            whole.view(-1)[start : start + len(piece)] = piece
            start += len(piece)
        return whole

    def pieces(self, name: str) -> Iterator[Tensor]:
        """A tensor's elements in order, flat, in pieces; each is overwritten by the next one."""
        entry, file, start = self._places[name]
        count = torch.Size(entry.shape).numel()
        buffer = torch.empty(min(_PIECE, count), dtype=entry.dtype)
        into = memoryview(buffer.view(torch.uint8).numpy().data)
        # Plain reads: mapped pages would stay in memory until the file is closed.
        with file.open("rb", buffering=0) as stream:
            stream.seek(start)
            for first in range(0, count, _PIECE):
                held = min(_PIECE, count - first)
                if stream.readinto(into[: held * entry.dtype.itemsize]) != held * entry.dtype.itemsize:
                    raise TensorsDamaged(f"{file} ends within {name}: copy or download it again")
                yield buffer[:held]


def _read_header(file: Path) -> dict[str, tuple[Entry, int]]:
    """Entry and first byte of each tensor of a file."""
    if not file.is_file():
        raise TensorsMissing(f"{file} is missing: copy or download it again")
    size = file.stat().st_size
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(_LENGTH), "little")
        if not 0 < length <= min(_LONGEST, size - _LENGTH):
            raise TensorsDamaged(f"{file} is no safetensors file: its header would have {length} bytes")
        try:
            header: dict[str, Any] = json.loads(stream.read(length))
        except ValueError as error:
            raise TensorsDamaged(f"{file} is no safetensors file: its header is no JSON") from error
    found = {}
    for name, described in header.items():
        if name == _METADATA:
            continue
        if described["dtype"] not in _DTYPES:
            raise TensorsDamaged(f"{file} holds {name} as {described['dtype']}; known are {', '.join(_DTYPES)}")
        entry = Entry(_DTYPES[described["dtype"]], tuple(described["shape"]))
        start, end = described["data_offsets"]
        if start < 0 or end - start != entry.bytes or _LENGTH + length + end > size:
            raise TensorsDamaged(f"{file} says that {name} lies at {start} to {end} of {size - _LENGTH - length} bytes")
        found[name] = (entry, _LENGTH + length + start)
    return found


def write_tensors(path: Path, entries: Mapping[str, Entry], content: Callable[[str], Iterator[Tensor]]) -> None:
    """Write a safetensors file, atomically, holding no more than a piece at a time.

    Args:
        path: The file.
        entries: Its tensors.
        content: The pieces of a tensor, in order, of the type that its entry says.

    Raises:
        ValueError: The pieces of a tensor do not make what its entry says.
    """
    order = order_of(entries)
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


def order_of(entries: Mapping[str, Entry]) -> list[str]:
    """Names of tensors in the order in which they are written: the widest types first, so that all stay aligned."""
    return sorted(entries, key=lambda name: (-entries[name].dtype.itemsize, name))


def _header(order: Sequence[str], entries: Mapping[str, Entry]) -> bytes:
    described, place = {}, 0
    for name in order:
        entry = entries[name]
        end = place + entry.bytes
        described[name] = {"dtype": _TYPES[entry.dtype], "shape": list(entry.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps({_METADATA: {"format": "pt"}, **described}).encode()
    text += b" " * (-len(text) % _LENGTH)  # so that what follows is aligned
    return len(text).to_bytes(_LENGTH, "little") + text
