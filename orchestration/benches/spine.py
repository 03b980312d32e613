"""The spine: the demo in a home of its own, cold and then unchanged, with the memory of its whole process tree."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from orchestration.ranks.spec import RESULT, SPEC
from serving.home import REPOSITORY, Home

_GIB = 1 << 30
_INTERVAL = 2.0  # seconds between two looks at memory: a look walks the page tables, and what is walked waits


class DemoFailed(RuntimeError):
    """The demo ended with an error; the message holds the end of its output."""


@dataclass(frozen=True)
class Measured:
    """One run of the demo.

    Attributes:
        seconds: Wall clock of the process, start-up included.
        peak_gib: Largest sum of proportional set sizes over the process and its descendants.
    """

    seconds: float
    peak_gib: float


def run() -> dict[str, float]:
    """Figures of the demo profile: seconds cold and unchanged, peak memory, launch cost, and what the model can do."""
    with tempfile.TemporaryDirectory(prefix="cinemill-spine-") as folder:
        home = Home(Path(folder))
        cold = _demo(home)
        report = json.loads((home.demo / "report.json").read_text(encoding="utf-8"))
        launches = list(_launch_seconds(home))
        unchanged = _demo(home)
    metrics = report["metrics"]
    return {
        "cold_seconds": cold.seconds,
        "unchanged_seconds": unchanged.seconds,
        "peak_gib": max(cold.peak_gib, unchanged.peak_gib),
        "launches": float(len(launches)),
        "launch_seconds_worst": max(launches),
        "launch_seconds_median": sorted(launches)[len(launches) // 2],
        "deliverables": float(len(report["deliverables"])),
        "watermark_p_worst": max(film["watermark_p"] for film in report["deliverables"]),
        **{
            name: metrics[name]
            for name in ("flow_loss", "flow_loss_untrained", "flow_loss_exchanged", "background_accuracy")
        },
    }


def _demo(home: Home) -> Measured:
    environment = {**os.environ, "CINEMILL_HOME": str(home.root)}
    begin = time.perf_counter()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        command = [sys.executable, "-m", "orchestration.cli", "demo"]
        started = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=subprocess.STDOUT)
        peak = 0
        while started.poll() is None:
            peak = max(peak, _tree_memory(started.pid))
            time.sleep(_INTERVAL)
        if started.returncode:
            output.seek(0)
            raise DemoFailed(f"cinemill demo ended with {started.returncode}:\n{output.read()[-2000:]}")
    return Measured(time.perf_counter() - begin, peak / _GIB)


def _tree_memory(pid: int) -> int:
    total = 0
    try:
        tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    for process in tree:
        try:
            total += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return total


def _launch_seconds(home: Home) -> Iterator[float]:
    """From the submission of each training job to its first step: the first one waits for torch's imports too."""
    for result in home.jobs.glob(f"*/{RESULT}"):
        first_step = json.loads(result.read_text(encoding="utf-8"))["first_step_at"]
        yield first_step - (result.parent / SPEC).stat().st_mtime
