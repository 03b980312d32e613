"""The artifact store: builds an asset's folder once for each combination of code, inputs and settings."""

import base64
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import DONE, SCRATCH, Artifact, Built, folder_digest
from assets.ports import Tracker
from models.files import LEFT, sha256_json, write_json

Inputs = Mapping[str, Artifact]


class Store:
    """Content-addressed folders of finished artifacts. Resource key ``store``.

    A folder is named by its fingerprint: the hash of the asset's code version, its inputs' digests and its settings.
    ``DONE.json`` is written last, so a folder either is finished or is built again (``build`` resumes).
    """

    def __init__(self, root: Path, tracker: Tracker) -> None:
        self.root = root
        self._tracker = tracker

    def produce(
        self,
        context: dg.AssetExecutionContext,
        *,
        build: Callable[[Path], Built],
        inputs: Inputs | None = None,
        settings: Any = None,
        tracked: bool = False,
    ) -> dg.MaterializeResult[Artifact]:
        """The asset's artifact: found finished, or built now.

        Args:
            context: The asset's execution context.
            build: Fills the given folder and reports on it. It may find its own unfinished work there.
            inputs: The artifacts that the content depends on.
            settings: Everything else that it depends on: a dataclass or a JSON value.
            tracked: Whether the build is an MLflow run.

        Raises:
            Whatever ``build`` raises; the folder stays unfinished.
        """
        inputs = inputs or {}
        partition = context.partition_key if context.has_partition_key else None
        return self.produce_partition(
            context, partition, build=build, inputs=inputs, settings=settings, tracked=tracked
        )

    def produce_partition(
        self,
        context: dg.AssetExecutionContext,
        partition: str | None,
        *,
        build: Callable[[Path], Built],
        inputs: Inputs,
        settings: Any,
        tracked: bool,
    ) -> dg.MaterializeResult[Artifact]:
        """As ``produce``, for an asset that makes several partitions in one run."""
        folder = self.folder(context, partition, inputs, settings)
        name = context.asset_key.to_user_string() + (f"-{partition}" if partition else "")
        if (folder / DONE).exists():
            context.log.info("%s: unchanged, found in %s", name, folder)
            return self._result(Artifact.open(folder), reused=True)
        built = _filled(folder, build)
        run_id = None
        if tracked:
            tags = {"asset": name, "dagster_run_id": context.run.run_id, "code_version": _code_version(context)}
            params = _plain(settings)
            tags["recipe_hash"] = sha256_json(params)
            run_id = self._tracker.record(name, params=params, built=built, inputs=inputs, tags=tags)
        self._finish(context, Artifact(folder, folder_digest(folder), {}, run_id), built, inputs)
        return self._result(Artifact.open(folder), reused=False)

    def adopt(
        self, context: dg.AssetExecutionContext, digest: str, *, build: Callable[[Path], Built]
    ) -> dg.MaterializeResult[Artifact]:
        """The artifact of content that something else memoises (a DVC stage): the folder is named by its digest.

        Args:
            context: The asset's execution context.
            digest: Digest of the content: the artifact's digest and the asset's data version.
            build: Fills the folder with what people and later assets read of the content.
        """
        # Pictures and facts come from the asset's code, so that counts for the folder, though not for the version.
        name = context.asset_key.to_user_string()
        folder = self.root / name / f"{digest[:16]}-{_code_version(context)[:8]}"
        reused = (folder / DONE).exists()
        if not reused:
            self._finish(context, Artifact(folder, digest, {}), _filled(folder, build), inputs={})
        return self._result(Artifact.open(folder), reused=reused)

    def folder(self, context: dg.AssetExecutionContext, partition: str | None, inputs: Inputs, settings: Any) -> Path:
        """The folder of this code, these inputs and these settings; its name is the fingerprint."""
        name = context.asset_key.to_user_string()
        fingerprint = sha256_json(
            [
                name,
                partition,
                _code_version(context),
                {key: value.digest for key, value in inputs.items()},
                _plain(settings),
            ]
        )
        return self.root / name / (partition or "") / fingerprint[:16]

    @staticmethod
    def _finish(context: dg.AssetExecutionContext, artifact: Artifact, built: Built, inputs: Inputs) -> None:
        folder = artifact.folder
        done = {
            "digest": artifact.digest,
            "meta": dict(built.meta),
            "run_id": artifact.run_id,
            "metrics": dict(built.metrics),
            "pictures": [str(picture.relative_to(folder)) for picture in built.pictures],
            "inputs": {key: value.digest for key, value in inputs.items()},
            "dagster_run_id": context.run.run_id,
        }
        write_json(folder / DONE, done)
        shutil.rmtree(folder / SCRATCH, ignore_errors=True)

    def _result(self, artifact: Artifact, *, reused: bool) -> dg.MaterializeResult[Artifact]:
        from models.files import read_json

        done = read_json(artifact.folder / DONE)
        metadata: dict[str, Any] = {
            "folder": dg.MetadataValue.path(str(artifact.folder)),
            "reused": dg.MetadataValue.bool(reused),
            **{key: dg.MetadataValue.float(float(value)) for key, value in done["metrics"].items()},
            **{key: value for key, value in artifact.meta.items() if isinstance(value, str | int | float)},
        }
        for name in done["pictures"]:
            metadata[Path(name).stem] = picture_metadata(artifact.folder / name)
        if artifact.run_id:
            metadata["mlflow_run"] = dg.MetadataValue.url(self._tracker.run_url(artifact.run_id))
        return dg.MaterializeResult(
            value=artifact, metadata=metadata, data_version=dg.DataVersion(artifact.digest[:32])
        )


def _filled(folder: Path, build: Callable[[Path], Built]) -> Built:
    """Build in a folder; what writers left there that were killed before is no part of the artifact."""
    folder.mkdir(parents=True, exist_ok=True)
    built = build(folder)
    for left in folder.rglob(LEFT):  # not before: a launched training may have outlived its run, and be writing
        left.unlink(missing_ok=True)
    return built


def picture_metadata(path: Path) -> dg.MarkdownMetadataValue:
    """A PNG as Dagster metadata that the web page shows in place."""
    encoded = base64.b64encode(path.read_bytes()).decode()
    return dg.MetadataValue.md(f"![{path.stem}](data:image/png;base64,{encoded})")


def _code_version(context: dg.AssetExecutionContext) -> str:
    return context.assets_def.code_versions_by_key[context.asset_key] or ""


def _plain(settings: Any) -> Any:
    return asdict(settings) if is_dataclass(settings) and not isinstance(settings, type) else settings
