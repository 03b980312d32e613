"""DVC stages, run from assets: DVC is the memo of the manifests, its md5 their version."""

import fcntl
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import yaml

from assets.code_version import code_version
from assets.manifest import read_manifest
from models.files import read_json, write_bytes, write_json, write_text
from serving.home import REPOSITORY, Home

_TAIL_LINES = 30
_IGNORE = "/*\n!/dvc.yaml\n!/dvc.lock\n!/manifests\n"
_log = logging.getLogger(__name__)


class StageFailed(RuntimeError):
    """A DVC stage that did not finish; the message holds the last lines of its output."""


def reproduce(
    stage: str, home: Home, settings: Any = None, *, unsettled: Callable[[dict[str, Any]], bool] | None = None
) -> str:
    """The md5 of a stage's manifest, run again if what it depends on has changed, or a row of it is unsettled.

    That is: the manifests named in ``dvc.yaml``, ``settings``, and the code that the stage's command can import.

    Args:
        stage: A stage of ``dvc.yaml``.
        home: Where the manifests are.
        settings: A JSON value; the stage reads it back with ``stage_settings``.
        unsettled: Whether a row of the manifest is a failure that may not come again. If the stage fails when it is run
            for that alone, the manifest stays as it was.

    Raises:
        StageFailed: DVC or the stage's command failed.
    """
    root = _project(home)
    env = _environment(home, root)
    with _exclusive(home) as lock:
        _recover(root)
        _write_settings(stage, home, {"code": code_version(_module(stage)), "settings": settings})
        unchanged = _unchanged(stage, root, env["DVC_SITE_CACHE_DIR"])
        again = unchanged and unsettled is not None and any(map(unsettled, _manifest(stage, root)))
        if again:
            _run_again(stage, root, env, lock)
        elif not unchanged:
            _run(stage, root, env, lock)
        return str(_output(stage, root)["md5"])


def stage_settings(stage: str, home: Home) -> Any:
    """What ``reproduce`` was given for a stage; called by the stage's own process."""
    return read_json(_settings_file(stage, home))["settings"]


def _settings_file(stage: str, home: Home) -> Path:
    return home.manifests / "settings" / f"{stage}.json"


def _write_settings(stage: str, home: Home, value: Any) -> None:
    path = _settings_file(stage, home)
    if not path.exists() or read_json(path) != json.loads(json.dumps(value)):
        write_json(path, value)


def _module(stage: str) -> str:
    stages = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    if stage not in stages:
        raise StageFailed(f"{stage} is no stage of dvc.yaml: choose one of {', '.join(stages)}")
    return str(stages[stage]["cmd"]).rsplit(maxsplit=1)[-1]


def _project(home: Home) -> Path:
    """DVC's root: the checkout for its own ``var/``, else the home, with its own copy of ``dvc.yaml``."""
    if home.root == REPOSITORY / "var":
        return REPOSITORY
    files = {
        ".dvc/config": (REPOSITORY / ".dvc" / "config").read_text(),
        ".dvcignore": _IGNORE,
        # Paths without a leading "./": DVC would not recognise its own records of them.
        "dvc.yaml": (REPOSITORY / "dvc.yaml").read_text().replace("${home}/", ""),
    }
    for name, content in files.items():
        path = home.root / name
        if not path.exists() or path.read_text() != content:
            write_text(path, content)
    return home.root


def _environment(home: Home, root: Path) -> dict[str, str]:
    parts = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return os.environ | {
        "PATH": os.pathsep.join(parts),
        "PYTHONPATH": str(REPOSITORY),
        "CINEMILL_HOME": str(home.root),
        "DVC_SITE_CACHE_DIR": str(root / ".dvc" / "tmp" / "site"),
        "DVC_NO_ANALYTICS": "true",
    }


@contextmanager
def _exclusive(home: Home) -> Iterator[TextIO]:
    """Holds the home's DVC lock. The kernel frees it when the last process that holds it is gone, however it went."""
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / "dvc.lock").open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _log.warning("waiting for another DVC stage in %s", home.root)
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream


def _recover(root: Path) -> None:
    """Remove what a killed DVC leaves behind half-written or locked: it writes neither file atomically."""
    held = root / ".dvc" / "tmp" / "rwlock"
    if held.exists() and not _held_by_dvc(held):
        held.unlink(missing_ok=True)
    recorded = root / "dvc.lock"
    if recorded.exists() and not _readable(recorded):
        recorded.unlink()


def _held_by_dvc(rwlock: Path) -> bool:
    """Whether a process that DVC's lock file names is a DVC that runs now, such as a person's own ``dvc repro``.

    DVC itself takes any living process for the owner, although a dead one's id may have been given to another.
    """
    import psutil

    try:
        held = json.loads(rwlock.read_text())
        owners = [*held.get("write", {}).values(), *(one for many in held.get("read", {}).values() for one in many)]
        pids = {int(owner["pid"]) for owner in owners}
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    for pid in pids:
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.Error:
            continue
        if any(Path(part).name == "dvc" for part in command):
            return True
    return False


def _readable(lock_file: Path) -> bool:
    try:
        return isinstance(yaml.safe_load(lock_file.read_text())["stages"], dict)
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError):
        return False


def _unchanged(stage: str, root: Path, site: str) -> bool:
    """Whether DVC finds nothing to do. Asked in this process: starting DVC costs more than the question."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(root), config={"core": {"site_cache_dir": site}}, _wait_for_lock=True) as repo:
            return not repo.status(targets=[f"{root / 'dvc.yaml'}:{stage}"])
    except DvcException as error:
        raise StageFailed(f"DVC cannot read stage {stage} in {root}: {error}") from error


def _run_again(stage: str, root: Path, env: dict[str, str], lock: TextIO) -> None:
    """Run a stage that nothing asks for but its own failures; if it fails, its manifest stays as it was."""
    manifest = root / _output(stage, root)["path"]
    kept = manifest.read_bytes()
    try:
        _run(stage, root, env, lock, "--force")
    except StageFailed as error:
        _log.warning("what failed in %s fails again, and stays as it is: %s", manifest, error)
        write_bytes(manifest, kept)


def _run(stage: str, root: Path, env: dict[str, str], lock: TextIO, *options: str) -> None:
    command = [sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "--single-item", *options, stage]
    log = root / ".dvc" / "tmp" / f"{stage}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    # Should this process be killed, a DVC that still runs finishes: its output goes to a file, not into a broken pipe,
    # and it has inherited the lock, which keeps the next one waiting.
    with log.open("w", encoding="utf-8") as output:
        done = subprocess.run(
            command,
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            pass_fds=[lock.fileno()],
        )
    if done.returncode != 0:
        tail = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:])
        raise StageFailed(f"DVC stage {stage} in {root} failed with exit code {done.returncode}:\n{tail}")


def _manifest(stage: str, root: Path) -> list[dict[str, Any]]:
    return read_manifest(root / _output(stage, root)["path"])


def _output(stage: str, root: Path) -> dict[str, Any]:
    """What DVC has recorded of a stage's manifest: ``path`` below its root, ``md5``."""
    recorded = yaml.safe_load((root / "dvc.lock").read_text())["stages"][stage]
    return dict(recorded["outs"][0])
