"""Benches by name: each module of this package with a ``run`` function, its figures in one common envelope."""

import importlib
import json
import os
import pkgutil
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from serving.home import REPOSITORY

_PACKAGES = (
    *("torch", "onnxruntime-gpu", "numpy", "dagster", "mlflow", "av"),
    *("rapidocr-onnxruntime", "scenedetect-headless", "imageio-ffmpeg", "mergekit"),
    *("diffusers", "torchdata", "webdataset"),
)


class UnknownBench(LookupError):
    """A name that no bench has; the message lists those there are."""


class PeerMissing(RuntimeError):
    """A peer of the benches is not installed; the message says how to install it."""


class ProcessFailed(RuntimeError):
    """A measurement in a process of its own ended with an error; the message holds the end of its output."""


def in_fresh_process(module: str, *arguments: object) -> dict[str, Any]:
    """What a module prints as JSON in its last line, run in a fresh process. Raises ProcessFailed."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ProcessFailed(f"{' '.join(command[1:])} ended with {done.returncode}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def require(package: str) -> None:
    """Raise PeerMissing unless ``package`` can be imported."""
    if find_spec(package) is None:
        raise PeerMissing(f"{package} is not installed: pip install -c constraints.txt -e '.[bench]'")


def names() -> list[str]:
    """The benches there are, as the command line spells them."""
    folder = str(Path(__file__).parent)
    return sorted(item.name.replace("_", "-") for item in pkgutil.iter_modules([folder]) if item.name != "envelope")


def run(name: str) -> dict[str, Any]:
    """Run a bench: its figures with the machine and the versions that they were measured on.

    Raises:
        UnknownBench: there is none of that name.
    """
    if name not in names():
        raise UnknownBench(f"no bench is called {name!r}; there are: {', '.join(names()) or 'none yet'}")
    module = importlib.import_module(f"orchestration.benches.{name.replace('-', '_')}")
    figures: Mapping[str, Any] = module.run()
    return {"bench": name, "machine": machine(), "versions": versions(), "figures": dict(figures)}


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Python's version and those of the packages that do the work."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
