"""The planner's memory against the memory of real trainings, each in a fresh process of one rank.

A case's error is ``predicted / measured - 1``, with the peak of resident memory above the idle process as measured.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass, replace

from models.planning.gpus import GPUS
from models.planning.layout import Layout
from models.planning.memory import Sample, memory
from models.presets import PRESETS
from models.recipes import BackboneConfig
from serving.home import REPOSITORY

# The C library gives every large block back at once: what is measured is what the program holds, not what the
# allocator keeps for later. On a GPU that part is the planner's fragmentation reserve.
_ALLOCATOR = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}


class BenchFailed(RuntimeError):
    """A training of the bench ended with an error; the message holds the end of it."""


@dataclass(frozen=True)
class Case:
    """One training.

    Attributes:
        preset: Of the backbone; its position tables are made as long as the latent needs.
        latent_size: Latent frames, height and width.
        batch: Samples.
        recomputed: Blocks that keep only their inputs.
    """

    preset: str
    latent_size: tuple[int, int, int]
    batch: int
    recomputed: int

    @property
    def config(self) -> BackboneConfig:
        """Of the backbone."""
        frames, height, width = self.latent_size
        preset = PRESETS[self.preset]()
        return replace(preset, positions=(frames, height // preset.patch, width // preset.patch))

    @property
    def name(self) -> str:
        """Part of the figures' names."""
        size = "x".join(map(str, self.latent_size))
        return f"{self.preset}_{size}_batch{self.batch}_recomputed{self.recomputed}"

    @property
    def predicted(self) -> float:
        """Bytes, by the planner."""
        frames, rows, columns = self.config.positions
        layout = Layout(micro_batch=self.batch, recomputed=self.recomputed)
        return memory(self.config, layout, GPUS["cpu"], Sample(frames * rows * columns, self.config.text.length)).total

    def measured(self) -> int:
        """Bytes, of a fresh process. Raises BenchFailed."""
        task = {
            "config": asdict(self.config),
            "latent_size": self.latent_size,
            "batch": self.batch,
            "recomputed": self.recomputed,
        }
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.benches.planner.apart", json.dumps(task)],
            cwd=REPOSITORY,
            env={**os.environ, **_ALLOCATOR},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchFailed(f"{self.name} ended with {done.returncode}: {done.stderr[-2000:]}")
        return int(json.loads(done.stdout)["peak_above_idle"])


CASES = (
    Case("tiny", (8, 8, 8), 32, 0),
    Case("tiny", (8, 8, 8), 48, 6),
    Case("tiny", (4, 32, 32), 2, 0),
    Case("tiny", (4, 32, 32), 4, 4),
    Case("small", (1, 8, 8), 64, 0),
    Case("small", (8, 16, 16), 4, 0),
    Case("small", (8, 16, 16), 4, 4),
    Case("small", (8, 16, 16), 8, 8),
)


def run() -> dict[str, float]:
    """The worst error, and each case's with its MiB."""
    figures: dict[str, float] = {}
    errors = []
    for case in CASES:
        measured, predicted = case.measured(), case.predicted
        errors.append(predicted / measured - 1)
        figures[f"memory_error_{case.name}"] = errors[-1]
        figures[f"measured_mib_{case.name}"] = measured / (1 << 20)
    return {"memory_error_worst": max(map(abs, errors)), **figures}
