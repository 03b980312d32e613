"""The curves of a training: one JSON object a line, kept consistent with the checkpoint that a run resumes from."""

import json
import statistics
from pathlib import Path
from typing import Any

from models.files import write_text

_ENDS = 10  # steps averaged at either end of the training loss


class MetricsLog:
    """Append-only JSON lines with a ``step`` each.

    Args:
        path: The file; made on the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, step: int, **values: float) -> None:
        """Add values of a step (steps finished so far)."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"step": step, **values}) + "\n")

    def read(self) -> list[dict[str, Any]]:
        """Every whole line; a last one that a killed process left half-written is no line."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8").split("\n")[:-1]
        return [json.loads(line) for line in lines]

    def rewind(self, step: int | None) -> None:
        """Forget what came after ``step``, which a resumed run does again; None forgets everything."""
        kept = [entry for entry in self.read() if step is not None and entry["step"] <= step]
        if kept or self.path.exists():
            write_text(self.path, "".join(json.dumps(entry) + "\n" for entry in kept))

    def first(self, name: str) -> float | None:
        """The first value of a curve."""
        return next((entry[name] for entry in self.read() if name in entry), None)

    def ends(self, name: str) -> tuple[float, float]:
        """Means of the first and of the last few values of a curve. Raises ValueError for an empty one."""
        values = [entry[name] for entry in self.read() if name in entry]
        if not values:
            raise ValueError(f"{self.path} holds no {name}")
        return statistics.fmean(values[:_ENDS]), statistics.fmean(values[-_ENDS:])
