"""Experiment tracking with MLflow on one SQLite file."""

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.artifact import Artifact, Built
from models.locks import locked
from serving.home import Home

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import DatasetInput, Metric

EXPERIMENT = "cinemill"
SERVER = "http://127.0.0.1:5000"
DATASET, DVC_MD5 = "dataset", "dvc_md5"  # the input that is a dataset version, and the key in its Artifact.meta
_ADDRESSES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "storage_location"),
)
"""Tables and columns of MLflow's database in which absolute addresses stand."""

_BATCH = 1000  # MLflow's limit on metrics in one call
_PARAMS = 100
_PARAM_LENGTH = 6000


class MlflowTracker:
    """Runs of the experiment ``cinemill``. Implements ``assets.ports.Tracker``; resource key ``tracker``.

    MLflow is imported on first use: it takes seconds, and most steps find their work done.
    """

    def __init__(self, home: Home) -> None:
        self.home = home

    @property
    def uri(self) -> str:
        """SQLAlchemy URL of the tracking and registry database."""
        return f"sqlite:///{self.home.mlflow / 'mlflow.db'}"

    @cached_property
    def client(self) -> "MlflowClient":
        """A client of this home's database. The first one of a home makes the tables, under a lock."""
        import os

        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        from mlflow import MlflowClient

        self.home.mlflow.mkdir(parents=True, exist_ok=True)
        with locked(self.home.locks / "mlflow.lock"):
            client = MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            client.search_experiments(max_results=1)
            self._follow(client)
        return client

    @property
    def _artifacts(self) -> str:
        """Address of the folder that MLflow keeps files in."""
        return (self.home.mlflow / "artifacts").absolute().as_uri()

    def _follow(self, client: "MlflowClient") -> None:
        """Let addresses that MLflow stored lead into this home: it keeps absolute ones, and the home may be moved."""
        from sqlalchemy import column, create_engine, func, literal, table, update

        found = client.get_experiment_by_name(EXPERIMENT)
        if found is None or found.artifact_location == self._artifacts:
            return
        old = str(found.artifact_location)
        engine = create_engine(self.uri)
        with engine.begin() as connection:
            for name, field in _ADDRESSES:
                stored = table(name, column(field))
                value = stored.c[field]
                moved = literal(self._artifacts).concat(func.substr(value, len(old) + 1))
                connection.execute(update(stored).where(func.substr(value, 1, len(old)) == old).values({field: moved}))
        engine.dispose()

    @cached_property
    def experiment_id(self) -> str:
        """Id of the experiment; made on first use."""
        client = self.client  # made under the same lock, which is not re-entrant
        with locked(self.home.locks / "mlflow.lock"):
            found = client.get_experiment_by_name(EXPERIMENT)
            if found is not None:
                return str(found.experiment_id)
            return str(client.create_experiment(EXPERIMENT, artifact_location=self._artifacts))

    def record(
        self,
        name: str,
        *,
        params: Mapping[str, Any],
        built: Built,
        inputs: Mapping[str, Artifact],
        tags: Mapping[str, str],
    ) -> str:
        """Log one finished build as a finished run; returns the run's id.

        The tag ``mlflow.parentRunId`` stays free: a build has several parents, named ``parent.<input>``.
        """
        client = self.client
        parents = {key: value.run_id for key, value in inputs.items() if value.run_id}
        labels = {**tags, **{f"parent.{key}": run for key, run in parents.items()}}
        labels |= {f"input.{key}": value.digest for key, value in inputs.items()}
        run = client.create_run(self.experiment_id, run_name=name, tags=labels)
        run_id = str(run.info.run_id)
        try:
            flat = flatten(params)
            for start in range(0, len(flat), _PARAMS):
                client.log_batch(run_id, params=_params(flat[start : start + _PARAMS]))
            metrics = _history(built.history) + _history(built.system) + _metrics(built.metrics, step=0)
            for start in range(0, len(metrics), _BATCH):
                client.log_batch(run_id, metrics=metrics[start : start + _BATCH])
            datasets = self._datasets(inputs, list(parents.values()))
            if datasets:
                client.log_inputs(run_id, datasets=datasets)
            for picture in built.pictures:
                client.log_artifact(run_id, str(picture), artifact_path="pictures")
        except BaseException:
            client.set_terminated(run_id, status="FAILED")
            raise
        client.set_terminated(run_id, status="FINISHED")
        return run_id

    def run_url(self, run_id: str) -> str:
        """Address of a run's page on the local MLflow server."""
        return f"{SERVER}/#/experiments/{self.experiment_id}/runs/{run_id}"

    def dataset_digest(self, run_id: str) -> str | None:
        """Digest of the dataset version that a run was made from, through all its parents."""
        inputs = self.client.get_run(run_id).inputs
        return str(inputs.dataset_inputs[0].dataset.digest) if inputs and inputs.dataset_inputs else None

    def _datasets(self, inputs: Mapping[str, Artifact], parents: Sequence[str]) -> "list[DatasetInput]":
        """The dataset versions of the inputs, their own and their parent runs': one lineage key in DVC and MLflow."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        digests = {str(inputs[DATASET].meta[DVC_MD5])} if DATASET in inputs else set()
        digests |= {str(value.meta["dataset_digest"]) for value in inputs.values() if value.meta.get("dataset_digest")}
        digests |= {digest for run_id in parents if (digest := self.dataset_digest(run_id))}
        source = json.dumps({"uri": str(self.home.manifests / "dataset.jsonl")})
        return [
            DatasetInput(
                dataset=Dataset(name="dataset", digest=digest, source_type="dvc", source=source),
                tags=[InputTag(key="mlflow.data.context", value="training")],
            )
            for digest in sorted(digests)
        ]


def flatten(params: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Nested settings as dotted names and short strings, the form of MLflow's params."""
    if isinstance(params, Mapping):
        return [pair for key, value in params.items() for pair in flatten(value, f"{prefix}.{key}" if prefix else key)]
    if params is None and not prefix:
        return []
    return [(prefix or "settings", str(params)[:_PARAM_LENGTH])]


def _params(pairs: Sequence[tuple[str, str]]) -> list[Any]:
    from mlflow.entities import Param

    return [Param(key, value) for key, value in pairs]


def _metrics(values: Mapping[str, Any], *, step: int) -> "list[Metric]":
    import time

    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    return [
        Metric(key, float(value), now, step)
        for key, value in values.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]


def _history(path: Path | None) -> "list[Metric]":
    """The curves of a JSONL file, an object a line with ``step`` and named values."""
    if path is None:
        return []
    points: list[Any] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        values = json.loads(line)
        points += _metrics({key: value for key, value in values.items() if key != "step"}, step=int(values["step"]))
    return points
