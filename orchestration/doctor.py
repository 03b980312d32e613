"""Doctor: whether this machine and this home can run everything, and what to do where not."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from serving.home import REPOSITORY, Home
from serving.provenance.keys import problems as key_problems

_DISK_GIB = 10
_MEMORY_GIB = 8
_TOOLS = {
    "g++": "install it (Debian: apt install g++); DeepSpeed builds its compiled ops with it, of which a CPU uses none",
    "make": "install it (Debian: apt install make)",
    "ninja": "run `make setup`; its bin folder must be on PATH",
}
_COMPILING = ("g++", "ninja")  # training on a CPU goes without
_PORTS = {3000: "Dagster", 5000: "MLflow"}
_RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        ok: Whether it is as it should be.
        found: What was found.
        remedy: What to do where it is not.
        fatal: Whether things fail without it; else it is a warning.
    """

    name: str
    ok: bool
    found: str
    remedy: str = ""
    fatal: bool = True


def examine(home: Home) -> list[Finding]:
    """Every finding about this machine and this home."""
    return [
        _python(),
        *_tools(),
        _disk(home),
        _memory(),
        _keys(home),
        _launcher(),
        *_versions(REPOSITORY / "constraints.txt"),
        _antlr(),
        _runtimes(),
        *_ports(),
    ]


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", sys.version_info >= (3, 11), found, "use Python 3.11 or newer")


def _tools() -> Iterator[Finding]:
    # An installed script may be called by its path, with its own folder not on PATH.
    search = os.pathsep.join([os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)])
    for tool, remedy in _TOOLS.items():
        path = shutil.which(tool, path=search)
        yield Finding(tool, path is not None, path or "not found", remedy, fatal=tool not in _COMPILING)


def _disk(home: Home) -> Finding:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 2**30
    remedy = f"free at least {_DISK_GIB} GiB, `cinemill gc`, or move the home with CINEMILL_HOME"
    return Finding("disk", free >= _DISK_GIB, f"{free:.1f} GiB free in {folder}", remedy)


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    remedy = f"the demo needs up to {_MEMORY_GIB} GiB: use a bigger machine"
    return Finding("memory", total >= _MEMORY_GIB, f"{total:.1f} GiB", remedy)


def _keys(home: Home) -> Finding:
    if not home.keys.exists():
        return Finding("keys", True, "none yet; made at the first signature")
    found = key_problems(home.keys)
    return Finding("keys", not found, f"{home.keys}: {len(found)} problems", "; ".join(found))


def _launcher() -> Finding:
    """Whether what runs the training jobs answers."""
    from orchestration.launchers.base import LauncherUnreachable
    from orchestration.launchers.selection import chosen_backend
    from orchestration.launchers.settings import LAUNCHER, LauncherSettings, SettingsInvalid

    try:
        settings = LauncherSettings.from_env()
        return Finding("launcher", True, f"{settings.launcher}: {chosen_backend(settings).check()}")
    except (SettingsInvalid, LauncherUnreachable) as problem:
        return Finding("launcher", False, str(problem), f"correct that, or set {LAUNCHER}=local")


def _versions(constraints: Path) -> Iterator[Finding]:
    """Installed versions against the lock; one finding for all that agree."""
    different = []
    checked = 0
    for line in constraints.read_text().splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;#]+)", line)
        if match is None:
            continue
        name, wanted = match.groups()
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # locked for an extra that is not installed
        checked += 1
        if installed != wanted and installed.split("+")[0] != wanted.split("+")[0]:
            different.append(f"{name} {installed} (locked {wanted})")
    found = "; ".join(different) or f"{checked} as locked"
    yield Finding("packages", not different, found, "run `make setup`")


def _antlr() -> Finding:
    """Dagster's parser was generated for 4.13; an older hydra or omegaconf pulls 4.9 in, and selections fail."""
    try:
        found = version("antlr4-python3-runtime")
    except PackageNotFoundError:
        return Finding("antlr4", False, "not installed", "run `make setup`")
    remedy = "pip install antlr4-python3-runtime==4.13.2, and remove what pulled the older one in"
    return Finding("antlr4", found.startswith("4.13"), found, remedy)


def _runtimes() -> Finding:
    installed = []
    for name in _RUNTIMES:
        try:
            installed.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    remedy = "both write one directory: pip uninstall both, then `make setup`" if installed else "run `make setup`"
    return Finding("onnxruntime", len(installed) == 1, " and ".join(installed) or "not installed", remedy)


def _ports() -> Iterator[Finding]:
    for port, server in _PORTS.items():
        with socket.socket() as probe:
            taken = probe.connect_ex(("127.0.0.1", port)) == 0
        found = "taken" if taken else "free"
        remedy = f"`make dev` needs it for {server}: stop what listens there, or that is `make dev` itself"
        yield Finding(f"port {port}", not taken, found, remedy, fatal=False)
