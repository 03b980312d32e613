"""How values pass between assets: as pointers to artifact folders, never as pickles."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg

from assets.artifact import Artifact
from models.files import read_json, write_json

POINTER = "current.json"
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


class ArtifactMissing(RuntimeError):
    """An input asset has no artifact; the message names it and how to make it."""


class ArtifactIOManager(dg.IOManager):
    """Records which folder is an asset's current artifact, and opens it for the assets downstream.

    One JSON pointer an asset (and partition) lies in the store: ``<asset>/[<partition>/]current.json`` with the
    folder, relative to the store, and its digest. It is written atomically, and only after the folder is finished.

    An asset without partitions hands over an ``Artifact``. One that makes several partitions in one run hands over
    ``dict[str, Artifact]`` by partition key. Downstream, an input of several partitions is such a dict.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def handle_output(self, context: dg.OutputContext, obj: Artifact | Mapping[str, Artifact]) -> None:
        """Point at the artifact, or at each partition's."""
        name = context.asset_key.to_user_string()
        if not context.has_asset_partitions:
            self._point(name, None, obj)
            return
        keys = list(context.asset_partition_keys)
        artifacts = obj if isinstance(obj, Mapping) else dict.fromkeys(keys, obj)
        if isinstance(obj, Artifact) and len(keys) > 1:
            raise TypeError(
                f"{name} made partitions {keys} in one run: hand over dict[str, Artifact], by partition key"
            )
        for key in keys:
            self._point(name, key, artifacts[key])

    def load_input(self, context: dg.InputContext) -> Artifact | dict[str, Artifact]:
        """Open the current artifact, or the current artifact of each partition asked for.

        Raises:
            ArtifactMissing: The asset, or one of the partitions, was never materialised in this home.
        """
        name = context.asset_key.to_user_string()
        if not context.has_asset_partitions:
            return self.current(name)
        keys = sorted(context.asset_partition_keys)
        if len(keys) == 1 and context.dagster_type.typing_type is Artifact:
            return self.current(name, keys[0])
        return {key: self.current(name, key) for key in keys}

    def current(self, name: str, partition: str | None = None) -> Artifact:
        """The current artifact of an asset. Raises ArtifactMissing."""
        pointer = self._pointer(name, partition)
        label = name if partition is None else f"{name}[{partition}]"
        try:
            found = read_json(pointer)
            artifact = Artifact.open(self.root / found["folder"])
        except FileNotFoundError as error:
            raise ArtifactMissing(f"{label} has no artifact in {self.root}: materialise {name} first") from error
        if artifact.digest != found["digest"]:
            raise ArtifactMissing(
                f"{label}: {artifact.folder} holds digest {artifact.digest[:12]}, the pointer names "
                f"{found['digest'][:12]}: materialise {name} again"
            )
        return artifact

    def _point(self, name: str, partition: str | None, artifact: Any) -> None:
        if not isinstance(artifact, Artifact):
            raise TypeError(f"{name} handed over {type(artifact).__name__}: assets pass Artifact folders only")
        folder = artifact.folder.resolve().relative_to(self.root.resolve())
        write_json(self._pointer(name, partition), {"folder": str(folder), "digest": artifact.digest})

    def _pointer(self, name: str, partition: str | None) -> Path:
        # Partition keys become folder names here, and reach us from briefs and the web page.
        if partition is not None and not _SAFE.fullmatch(partition):
            raise ValueError(f"{name}: partition key {partition!r} is not a plain name")
        return self.root / name / (partition or "") / POINTER
