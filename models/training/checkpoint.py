"""Checkpoints: folders that are published whole, with checksums that are verified before anything in them is loaded."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from models.files import sha256_file, write_text
from models.training.errors import CheckpointDamaged

SUMS = "SHA256SUMS"
_UNFINISHED = ".tmp"


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training: ``step-N`` folders, the last few kept.

    A checkpoint is written as ``step-N.tmp`` by all ranks, then one rank writes ``SHA256SUMS`` (last) and renames it.
    The list of tensors that FSDP2 writes is a pickle: it is our own, and is opened only after :func:`verify`.

    Attributes:
        root: Where they are.
        keep: How many stay.
    """

    root: Path
    keep: int = 2

    def unfinished(self, step: int) -> Path:
        """Where the ranks write the checkpoint of ``step``."""
        return self.root / f"step-{step}{_UNFINISHED}"

    def publish(self, step: int) -> Path:
        """Checksum and rename a checkpoint that every rank has written; drop those beyond ``keep``."""
        folder = self.unfinished(step)
        lines = []
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            with path.open("rb+") as written:
                os.fsync(written.fileno())
            lines.append(f"{sha256_file(path)}  {path.relative_to(folder)}\n")
        write_text(folder / SUMS, "".join(lines))
        published = self.root / f"step-{step}"
        shutil.rmtree(published, ignore_errors=True)  # a damaged one that an earlier attempt left
        folder.replace(published)
        for old in self.steps()[: -self.keep]:
            shutil.rmtree(self.root / f"step-{old}")
        return published

    def steps(self) -> list[int]:
        """Steps with a published checkpoint, rising."""
        found = (path.name.removeprefix("step-") for path in self.root.glob("step-*"))
        return sorted(int(name) for name in found if name.isdecimal())

    def last_good(self, before: int | None = None) -> tuple[int | None, list[str]]:
        """The newest step (before ``before``) whose checkpoint is whole, or None; and what was wrong with newer ones.

        Removes what interrupted writers left.
        """
        for leftover in self.root.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(leftover)
        problems = []
        for step in reversed([step for step in self.steps() if before is None or step < before]):
            try:
                verify(self.root / f"step-{step}")
            except CheckpointDamaged as damage:
                problems.append(str(damage))
                continue
            return step, problems
        return None, problems

    def forget_after(self, step: int) -> None:
        """Remove the checkpoints after ``step``, from which the training turned out to lead nowhere."""
        for later in self.steps():
            if later > step:
                shutil.rmtree(self.root / f"step-{later}")


def verify(folder: Path) -> None:
    """Compare a checkpoint with its checksums.

    Raises:
        CheckpointDamaged: A file differs, is missing, or was not there when the checksums were written.
    """
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except FileNotFoundError as error:
        raise CheckpointDamaged(f"{folder} has no {SUMS}: an earlier checkpoint is used") from error
    expected = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {SUMS}
    if present != expected.keys():
        raise CheckpointDamaged(f"{folder} lacks or gained {sorted(present ^ expected.keys())}: an earlier one is used")
    for name, digest in expected.items():
        if sha256_file(folder / name) != digest:
            raise CheckpointDamaged(f"{folder / name} does not match its checksum: an earlier checkpoint is used")
