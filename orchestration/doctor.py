"""Doctor: whether this machine and this home can run everything, and what to do where not."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

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
_ANSWER_SECONDS = 10
_DATABASES = {"dagster's database": "CINEMILL_DAGSTER_URL", "catalog": "CINEMILL_CATALOG_URL"}


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
        *_databases(),
        *_versions(REPOSITORY / "constraints.txt"),
        _required(REPOSITORY / "infra" / "data-packages.txt"),
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
    for name, wanted in _pinned(constraints):
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # locked for an extra that is not installed
        checked += 1
        if installed != wanted and installed.split("+")[0] != wanted.split("+")[0]:
            different.append(f"{name} {installed} (locked {wanted})")
    found = "; ".join(different) or f"{checked} as locked"
    yield Finding("packages", not different, found, "run `make setup`")


def _required(data_packages: Path) -> Finding:
    """Whether what the product cannot do without is installed, packages of data in their versions."""
    try:
        asked = [Requirement(line) for line in requires("cinemill") or ()]
    except PackageNotFoundError:
        return Finding("requirements", False, "cinemill is not installed", "run `make setup`")
    own = [one for one in asked if one.marker is None or one.marker.evaluate({"extra": ""})]
    wanted = own + [Requirement(f"{name}=={pinned}") for name, pinned in _pinned(data_packages)]
    wrong = []
    for one in wanted:
        try:
            if not one.specifier.contains(version(one.name), prereleases=True):
                wrong.append(f"{one.name} {version(one.name)} (asked {one.specifier})")
        except PackageNotFoundError:
            wrong.append(f"{one.name} is not installed")
    return Finding("requirements", not wrong, "; ".join(wrong) or f"{len(wanted)} installed", "run `make setup`")


def _pinned(file: Path) -> Iterator[tuple[str, str]]:
    """Names and versions in a file of exact pins."""
    for line in file.read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;#]+)", line):
            yield match.group(1), match.group(2)


def _databases() -> Iterator[Finding]:
    """Whether the servers that are named in place of SQLite answer."""
    import sqlalchemy

    for name, variable in _DATABASES.items():
        if not (url := os.environ.get(variable)):
            continue
        try:
            parsed = sqlalchemy.make_url(url)
            waits = {"connect_timeout": _ANSWER_SECONDS} if parsed.get_backend_name() == "postgresql" else {}
            engine = sqlalchemy.create_engine(parsed, connect_args=waits)
            engine.connect().close()
            engine.dispose()
        except (sqlalchemy.exc.SQLAlchemyError, ImportError, ValueError) as error:
            remedy = f"correct or unset {variable}; PostgreSQL needs pip install -c constraints.txt -e '.[postgres]'"
            yield Finding(name, False, " ".join([f"{type(error).__name__}:", *str(error).splitlines()[:1]]), remedy)
        else:
            yield Finding(name, True, f"{variable} answers")


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
