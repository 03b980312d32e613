"""The model registry: MLflow versions of the one model ``cinemill``, and the serving folder of its champion."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assets.artifact import folder_digest
from assets.evaluation.evidence import EVIDENCE
from assets.ports import ModelVersion
from models.files import sha256_file
from models.locks import locked
from orchestration.champion import export
from orchestration.tracking import MlflowTracker
from serving.home import REPOSITORY

NAME = "cinemill"
_COLUMNS = {"prompt": "string", "seconds": "double", "aspect": "string", "seed": "long"}  # of serving.pyfunc's input
_SOURCE = "models:/"
_TAG_LENGTH = 5000  # MLflow's limit
ROLLED_BACK = "rolled_back"
"""Tag of a version that was taken out of service: registered again, it is no challenger."""

CHALLENGER, CHAMPION, PREVIOUS = "challenger", "champion", "previous"
REQUIREMENTS = ("mlflow", "numpy", "onnxruntime-gpu", "pandas", "pillow", "pydantic", "tokenizers")
_MODELS_FILES = ("__init__.py", "files.py", "recipes.py")  # what serving imports of the room below it


class NothingToRollBack(RuntimeError):
    """No earlier champion is known."""


class MlflowRegistry:
    """Implements ``assets.ports.Registry`` on the tracker's database; resource key ``registry``."""

    def __init__(self, tracker: MlflowTracker) -> None:
        self._tracker = tracker
        self._home = tracker.home
        self._lock = self._home.locks / "registry.lock"

    def register(
        self, bundle: Path, evidence: Path, *, tags: Mapping[str, str], metrics: Mapping[str, float]
    ) -> ModelVersion:
        """The version with these digests, or a new self-contained pyfunc version, aliased ``challenger``.

        A version that was rolled back becomes no challenger.

        The version is created last, with its tags, so a killed registration leaves no version and is simply repeated.
        """
        digests = {"bundle_digest": folder_digest(bundle), "evidence_digest": sha256_file(evidence)}
        with locked(self._lock):
            number = self._find(digests)
            if number is None:
                model_id = self._log_model(bundle, evidence, {**tags, **digests}, metrics)
                number = self._create(model_id, {**tags, **digests})
            if number != self._number(CHAMPION):
                # What was taken away by hand comes back by hand alone.
                taken = ROLLED_BACK in self.version(number).tags
                self._challenge(None if taken else number)
            else:
                self._challenge(None)  # the champion came back, and stands
            return self.version(number)

    def version(self, number: int) -> ModelVersion:
        """A version by its number. Raises LookupError."""
        from mlflow.exceptions import MlflowException

        try:
            found = self._tracker.client.get_model_version(NAME, str(number))
        except MlflowException as error:
            raise LookupError(f"model {NAME} has no version {number} in {self._tracker.uri}") from error
        # The SQL store keeps the logged model's id in the source alone.
        model_id = str(found.source).removeprefix(_SOURCE)
        folder = self._artifacts(model_id) / "artifacts"
        return ModelVersion(number, model_id, folder / "bundle", folder / EVIDENCE, dict(found.tags))

    def aliased(self, alias: str) -> ModelVersion | None:
        """The version that an alias names now, if any."""
        number = self._number(alias)
        return None if number is None else self.version(number)

    def annotate(self, number: int, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""
        for key, value in tags.items():
            self._tracker.client.set_model_version_tag(NAME, str(number), key, value[:_TAG_LENGTH])

    def promote(self, number: int) -> None:
        """Make a version the champion, keep the old one as ``previous``, export the serving folder.

        ``challenger`` is taken away last: whatever a kill leaves before, the next promotion finds it and finishes.
        """
        with locked(self._lock):
            client = self._tracker.client
            version = self.version(number)
            champion = self._number(CHAMPION)
            # Before ``champion`` moves: afterwards nobody knows who served.
            if champion is not None and champion != number:
                client.set_registered_model_alias(NAME, PREVIOUS, str(champion))
            client.set_registered_model_alias(NAME, CHAMPION, str(number))
            export(self._home, version)
            if self._number(CHALLENGER) == number:
                client.delete_registered_model_alias(NAME, CHALLENGER)

    def rollback(self) -> ModelVersion:
        """Let ``previous`` serve again, and the champion be ``previous``; returns the new champion.

        The one that served is not promoted again by a retraining that comes to the same model.

        ``previous`` moves last: whatever a kill leaves before, the same call rolls back to the same version.

        Raises:
            NothingToRollBack: nothing was promoted after the first champion.
        """
        with locked(self._lock):
            client = self._tracker.client
            previous, champion = self._number(PREVIOUS), self._number(CHAMPION)
            if previous is None or champion is None:
                raise NothingToRollBack(f"model {NAME} has no previous champion: nothing was promoted after the first")
            version = self.version(previous)
            export(self._home, version)
            if ROLLED_BACK in version.tags:
                client.delete_model_version_tag(NAME, str(previous), ROLLED_BACK)
            if champion != previous:
                self.annotate(champion, {ROLLED_BACK: f"to version {previous}"})
            if self._number(CHALLENGER) == champion:
                self._challenge(None)  # its promotion was killed half-way
            client.set_registered_model_alias(NAME, CHAMPION, str(previous))
            client.set_registered_model_alias(NAME, PREVIOUS, str(champion))
            return version

    def _challenge(self, number: int | None) -> None:
        """Let a version, or none, be the challenger."""
        client = self._tracker.client
        if number is not None:
            client.set_registered_model_alias(NAME, CHALLENGER, str(number))
        elif self._number(CHALLENGER) is not None:
            client.delete_registered_model_alias(NAME, CHALLENGER)

    def _number(self, alias: str) -> int | None:
        from mlflow.exceptions import MlflowException

        try:
            model = self._tracker.client.get_registered_model(NAME)
        except MlflowException:
            return None  # no model was registered in this home yet
        found = model.aliases.get(alias)
        return None if found is None else int(found)

    def _find(self, digests: Mapping[str, str]) -> int | None:
        query = " and ".join(f"tags.{key} = '{value}'" for key, value in digests.items())
        found = self._tracker.client.search_model_versions(f"name = '{NAME}' and {query}")
        return max((int(item.version) for item in found), default=None)

    def _create(self, model_id: str, tags: Mapping[str, str]) -> int:
        from mlflow.exceptions import MlflowException

        client = self._tracker.client
        try:
            client.get_registered_model(NAME)
        except MlflowException:
            client.create_registered_model(
                NAME, description="Text to short video with sound; numpy and ONNX Runtime only."
            )
        model = client.get_logged_model(model_id)
        made = client.create_model_version(
            NAME, f"{_SOURCE}{model_id}", run_id=model.source_run_id, tags=dict(tags), model_id=model_id
        )
        return int(made.version)

    def _log_model(self, bundle: Path, evidence: Path, tags: Mapping[str, str], metrics: Mapping[str, float]) -> str:
        import mlflow

        mlflow.set_tracking_uri(self._tracker.uri)
        mlflow.set_registry_uri(self._tracker.uri)
        with tempfile.TemporaryDirectory() as scratch:
            code = stage_code(Path(scratch))
            with mlflow.start_run(experiment_id=self._tracker.experiment_id, run_name="model_version", tags=dict(tags)):
                info = mlflow.pyfunc.log_model(
                    name=NAME,
                    python_model=str(REPOSITORY / "serving" / "pyfunc.py"),
                    code_paths=[str(path) for path in code],
                    artifacts={"bundle": str(bundle), "evidence": str(evidence)},
                    pip_requirements=_pinned(),
                    signature=_signature(),
                    tags=dict(tags),
                )
                if metrics:
                    mlflow.log_metrics(dict(metrics), model_id=info.model_id)
        return str(info.model_id)

    def _artifacts(self, model_id: str) -> Path:
        from mlflow.artifacts import download_artifacts

        location = self._tracker.client.get_logged_model(model_id).artifact_location
        # A local location is returned as it is, without a copy.
        return Path(download_artifacts(artifact_uri=location, tracking_uri=self._tracker.uri))


def stage_code(folder: Path) -> list[Path]:
    """The source that travels with a model: the serving room, and the torch-free modules below that it imports."""
    ignore: Any = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(REPOSITORY / "serving", folder / "serving", ignore=ignore)
    (folder / "models").mkdir()
    for name in _MODELS_FILES:
        shutil.copyfile(REPOSITORY / "models" / name, folder / "models" / name)
    return [folder / "serving", folder / "models"]


def _signature() -> Any:
    """What the pyfunc takes and gives, for MLflow's own checks of a request."""
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

    return ModelSignature(
        inputs=Schema([ColSpec(kind, name) for name, kind in _COLUMNS.items()]),
        outputs=Schema([ColSpec("binary", "npz"), ColSpec("long", "seed")]),
        params=ParamSchema([ParamSpec("steps", "long", None), ParamSpec("guidance", "double", None)]),
    )


def _pinned() -> list[str]:
    from importlib.metadata import version

    return [f"{name}=={version(name)}" for name in REQUIREMENTS]
