"""What a training job is, as a JSON file that its processes read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from models.files import read_json, write_json
from models.recipes import AudioConfig, BackboneConfig, DataMix, TrainingRecipe
from models.text.config import network_fields

SPEC = "spec.json"
PID = "pid.json"
RESULT = "result.json"
FAILURE = "failure.json"


@dataclass(frozen=True)
class JobSpec:
    """One training job.

    Attributes:
        job_id: Deterministic name.
        recipe: What to train.
        folder: Where the model goes, and checkpoints under ``work/``.
        submitted: Unix time.
        pipes: Bootstrap parameters of Dagster Pipes for rank 0; empty without Dagster.
    """

    job_id: str
    recipe: TrainingRecipe
    folder: Path
    submitted: float
    pipes: Mapping[str, str] = field(default_factory=dict)

    def write(self, job: Path) -> None:
        """Write the spec into a job folder."""
        write_json(job / SPEC, asdict(self) | {"folder": str(self.folder), "pipes": dict(self.pipes)})

    @classmethod
    def read(cls, job: Path) -> "JobSpec":
        """The spec in a job folder."""
        stored = read_json(job / SPEC)
        return cls(
            stored["job_id"],
            recipe_from_json(stored["recipe"]),
            Path(stored["folder"]),
            stored["submitted"],
            stored["pipes"],
        )


def recipe_from_json(stored: Mapping[str, Any]) -> TrainingRecipe:
    """The recipe that ``dataclasses.asdict`` and JSON made into ``stored``."""
    config: Any = AudioConfig if stored["method"] == "audio" else BackboneConfig
    mixes = {name: tuple(DataMix(**part) for part in stored[name]) for name in ("data", "validation")}
    return TrainingRecipe(**{**stored, **mixes, "model": config(**network_fields(stored["model"]))})


def log_path(job: Path, rank: int) -> Path:
    """Where a rank's standard output and error go."""
    return job / f"rank-{rank}.log"
