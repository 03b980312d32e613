"""The champion's serving folder: exported at promotion, the only model folder that serving reads."""

import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from assets.artifact import folder_digest
from assets.evaluation.evidence import EVIDENCE
from assets.ports import ModelVersion
from models.files import read_json, sha256_file, write_json
from serving.home import Home

MANIFEST = "manifest.json"


def export(home: Home, version: ModelVersion) -> Path:
    """Copy a registered bundle beside ``var/champion`` and let that name point at it, in one atomic step.

    ``var/champion`` is a relative symbolic link into ``var/champions/``: replacing a link is one rename, so a reader
    finds the old bundle or the new one, never none and never half. The copy is fsynced first. The model version is
    written into the copy's manifest: here it is known. The evidence lies beside it.

    Returns:
        The folder that the link names.
    """
    shelf = home.root / "champions"
    shelf.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(home, shelf)
    target = shelf / f"v{version.number}-{version.tags['bundle_digest'][:12]}"
    standing = [folder for folder in sorted(shelf.glob(f"{target.name}*")) if _whole(folder, version)]
    if standing:
        target = standing[0]
    elif not target.exists() or folder_digest(version.bundle) == version.tags["bundle_digest"]:
        if target.exists():  # damaged; whoever reads it meanwhile keeps what there is
            target = shelf / f"{target.name}-{uuid.uuid4().hex[:8]}"
        temporary = shelf / f".{target.name}.{uuid.uuid4().hex[:8]}.tmp"
        shutil.copytree(version.bundle, temporary)
        shutil.copyfile(version.evidence, temporary / EVIDENCE)
        write_json(temporary / MANIFEST, _manifest(version))
        _sync(temporary)
        temporary.rename(target)
        _sync_folder(shelf)
    link = home.root / f".champion.{uuid.uuid4().hex[:8]}.tmp"
    link.symlink_to(target.relative_to(home.root), target_is_directory=True)
    link.replace(home.champion)
    _sync_folder(home.root)
    return target


def _whole(folder: Path, version: ModelVersion) -> bool:
    """Whether a serving folder holds every file of a version as the registry has it."""
    if not _same(folder / EVIDENCE, version.evidence):
        return False
    try:
        if read_json(folder / MANIFEST) != _manifest(version):
            return False
    except (OSError, ValueError):
        return False
    files = [path.relative_to(version.bundle) for path in version.bundle.rglob("*") if path.is_file()]
    return all(_same(folder / name, version.bundle / name) for name in files if str(name) != MANIFEST)


def _manifest(version: ModelVersion) -> Any:
    """What the serving folder's manifest says: the bundle's, with the version's number."""
    manifest = read_json(version.bundle / MANIFEST)
    manifest["lineage"]["model_version"] = version.number
    return manifest


def _same(one: Path, other: Path) -> bool:
    return one.is_file() and sha256_file(one) == sha256_file(other)


def exported_version(home: Home) -> int | None:
    """The model version in the serving folder, or None when nothing was promoted."""
    manifest = home.champion / MANIFEST
    if not manifest.is_file():
        return None
    return int(read_json(manifest)["lineage"]["model_version"])


def _clear_leftovers(home: Home, shelf: Path) -> None:
    """Remove what killed exports left; the caller holds the registry's lock, so nobody is writing."""
    for path in shelf.glob(".*.tmp"):
        shutil.rmtree(path)
    for path in home.root.glob(".champion.*.tmp"):
        path.unlink()


def _sync(folder: Path) -> None:
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir():
            _sync_folder(path)
        else:
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
