"""Garbage: folders that nothing refers to any more, found and removed."""

import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from assets.artifact import DONE
from assets.warm_start import TAGS
from models.files import read_json
from orchestration.instance import instance
from orchestration.io_manager import POINTER
from orchestration.locks import HomeInUse, alone
from orchestration.registry import CHALLENGER, CHAMPION, PREVIOUS, MlflowRegistry
from orchestration.tracking import MlflowTracker
from serving.home import Home

_GARBAGE = ".garbage"
_FINGERPRINT = re.compile(r"[0-9a-f]{16}(-[0-9a-f]{8})?")  # assets.store names folders so
_ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Removable:
    """A folder that may go.

    Attributes:
        path: Where it is.
        reason: Why nothing needs it.
        bytes: What removing it frees.
    """

    path: Path
    reason: str
    bytes: int


def collect(home: Home, *, keep: int = 1, dry_run: bool = False) -> list[Removable]:
    """Remove what nothing refers to; returns what was (or would be) removed.

    Kept are the artifacts that a pointer names, those that retraining would continue (the champion's, its
    predecessor's, the challenger's), the ``keep`` newest others of each asset and partition, the serving
    folders of the champion and of ``keep`` before it, and the jobs of what is kept. Registered models are copies in
    MLflow and are not touched.

    Raises:
        HomeInUse: a run is alive, in a process or queued in Dagster.
    """
    with alone(home):
        _refuse_while_runs_live(home)
        found = [
            *_artifacts(home.store, keep, _continued(home)),
            *_jobs(home),
            *_champions(home, keep),
            *_memories(home, keep),
            *_leftovers(home),
        ]
        for item in found:
            if not dry_run:
                _remove(item.path)
        return found


def _remove(folder: Path) -> None:
    """Remove a folder; named as garbage first, so that a kill leaves no half-removed one under a good name."""
    doomed = folder if folder.suffix == _GARBAGE else folder.with_name(f".{folder.name}{_GARBAGE}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def _refuse_while_runs_live(home: Home) -> None:
    if not home.dagster.exists():
        return
    from orchestration.run import bury_dead_runs

    with instance(home) as dagster_instance:
        bury_dead_runs(dagster_instance)
        alive = dagster_instance.get_runs(dg.RunsFilter(statuses=_ALIVE), limit=1)
    if alive:
        raise HomeInUse(f"Dagster run {alive[0].run_id} is {alive[0].status.value}: wait, or cancel it in `make dev`")


def _continued(home: Home) -> set[Path]:
    """Folders of the weights that retraining goes on from, or would after a promotion or a rollback."""
    if not home.mlflow.exists():
        return set()
    registry = MlflowRegistry(MlflowTracker(home))
    versions = [registry.aliased(alias) for alias in (CHAMPION, PREVIOUS, CHALLENGER)]
    tags = [version.tags[tag] for version in versions if version for tag in TAGS.values() if tag in version.tags]
    return {(home.store / folder).resolve() for folder in tags}


def _artifacts(store: Path, keep: int, continued: Collection[Path]) -> Iterator[Removable]:
    """Artifact folders, asset by asset and partition by partition, but for needed ones and the newest others."""
    groups: dict[Path, list[Path]] = {}
    for folder in (*store.glob("*/*"), *store.glob("*/*/*")):
        # Other folders at these depths are partitions and what artifacts hold.
        if _FINGERPRINT.fullmatch(folder.name) and not (folder.parent / DONE).exists():
            groups.setdefault(folder.parent, []).append(folder)
    for parent, folders in sorted(groups.items()):
        pointer = parent / POINTER
        current = (store / read_json(pointer)["folder"]).resolve() if pointer.exists() else None
        others = [folder for folder in folders if folder.resolve() not in {current, *continued}]
        finished = sorted((folder for folder in others if (folder / DONE).exists()), key=_finished, reverse=True)
        for folder in finished[keep:]:
            yield Removable(folder, "no pointer names this artifact", _size(folder))
        for folder in others:
            # An unfinished build goes on at the next run, unless its asset was built from other inputs since.
            if not (folder / DONE).exists() and current and folder.stat().st_mtime < _finished(current):
                yield Removable(
                    folder, "an unfinished build, with its checkpoints, that another one replaced", _size(folder)
                )


def _finished(folder: Path) -> float:
    return (folder / DONE).stat().st_mtime


def _jobs(home: Home) -> Iterator[Removable]:
    """Records of training jobs, which end with their artifact's fingerprint, once that artifact is gone."""
    known = {folder.name for folder in (*home.store.glob("*/*"), *home.store.glob("*/*/*"))}
    for job in sorted(home.jobs.glob("*")):
        if job.name[-16:] not in known:
            yield Removable(job, "the record of a training whose artifact is gone", _size(job))


def _champions(home: Home, keep: int) -> Iterator[Removable]:
    shelf = home.root / "champions"
    serving = home.champion.resolve()
    if not shelf.is_dir():
        return
    others = [path for path in shelf.iterdir() if path.is_dir() and path.resolve() != serving]
    others = [path for path in others if not path.name.startswith(".")]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[keep:]:
        yield Removable(path, "an earlier champion's serving folder; the registry holds the model", _size(path))


def _memories(home: Home, keep: int) -> Iterator[Removable]:
    """What was kept of single files by code that has changed since: all but the latest version, and ``keep`` before."""
    for work in sorted(home.memo.iterdir()) if home.memo.is_dir() else ():
        versions = [path for path in work.iterdir() if path.is_dir() and not path.name.startswith(".")]
        versions.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        for path in versions[1 + keep :]:
            yield Removable(path, "results of an earlier version of the code", _size(path))


def _leftovers(home: Home) -> Iterator[Removable]:
    """Folders that a killed collection had named as garbage already."""
    for pattern in ("store/*/.*", "store/*/*/.*", "champions/.*", "memo/*/.*"):
        for path in home.root.glob(pattern + _GARBAGE):
            yield Removable(path, "left by an interrupted gc", _size(path))


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
