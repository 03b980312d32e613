"""What the assets ask of the room above them: resources that ``orchestration`` implements and Dagster injects.

Assets name these types with ``dg.ResourceParam[...]`` under the resource keys given in each docstring.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dagster as dg

from assets.artifact import Artifact, Built
from models.recipes import Profile, TrainingRecipe


class Tracker(Protocol):
    """Experiment tracking and the model registry (MLflow). Resource key ``tracker``."""

    def record(
        self,
        name: str,
        *,
        params: Mapping[str, Any],
        built: Built,
        inputs: Mapping[str, Artifact],
        tags: Mapping[str, str],
    ) -> str:
        """Log one finished build as a run with params, metrics, curves, pictures, dataset digests and parent runs.

        Returns the run's id.
        """
        ...

    def run_url(self, run_id: str) -> str:
        """Address of a run's page on the local MLflow server."""
        ...


class Launcher(Protocol):
    """Starts distributed training jobs as child processes or cluster jobs. Resource key ``launcher``."""

    def warm(self) -> None:
        """Begin in the background what makes the first job slow to start; what comes before it need not wait."""
        ...

    def train(
        self, context: dg.AssetExecutionContext, *, job_id: str, recipe: TrainingRecipe, folder: Path
    ) -> Mapping[str, Any]:
        """Create the job, or attach to it when it runs already; wait; return the result that rank 0 wrote last.

        Args:
            context: The asset's context, for Dagster Pipes and progress.
            job_id: Deterministic name of the job: the same inputs give the same id.
            recipe: What to train, on what, for how long.
            folder: Where ``model.safetensors``, ``config.json`` and ``metrics.jsonl`` go.

        Raises:
            models.training.errors.TrainingFailed: the job ended without a result.
        """
        ...


class Settings(Protocol):
    """How much each stage does: the smoke, demo or full profile. Resource key ``settings``."""

    @property
    def profile(self) -> Profile:
        """The profile in force."""
        ...

    @property
    def footage(self) -> Sequence[str]:
        """Footage folders or fsspec URIs; the packages' footage when empty."""
        ...


@dataclass(frozen=True)
class ModelVersion:
    """One registered model version, opened where the registry keeps it.

    Attributes:
        number: The version; versions are recorded everywhere, aliases never.
        model_id: MLflow's id of the logged model.
        bundle: Folder of the registered serving bundle.
        evidence: File of the registered evidence.
        tags: Lineage and digests.
    """

    number: int
    model_id: str
    bundle: Path
    evidence: Path
    tags: Mapping[str, str]


class Registry(Protocol):
    """Versions of the one registered model, and which of them serves. Resource key ``registry``."""

    def register(
        self, bundle: Path, evidence: Path, *, tags: Mapping[str, str], metrics: Mapping[str, float]
    ) -> ModelVersion:
        """The version that holds this bundle and this evidence: found by their digests, or made now.

        A new version gets the alias ``challenger``.
        """
        ...

    def version(self, number: int) -> ModelVersion:
        """A version by its number. Raises LookupError."""
        ...

    def aliased(self, alias: str) -> ModelVersion | None:
        """The version that ``challenger``, ``champion`` or ``previous`` names now, if any."""
        ...

    def annotate(self, number: int, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""
        ...

    def promote(self, number: int) -> None:
        """Make a version the champion and export its serving folder; the old champion becomes ``previous``.

        Survives a kill at any point: called again, it finishes. Decides nothing: ``assets.evaluation.promotion`` does.
        """
        ...
