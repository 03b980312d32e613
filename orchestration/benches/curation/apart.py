"""One task of the benches in a process of its own: ``python -m orchestration.benches.curation.apart TASK FILE...``.

``analyse FILE``: the whole pass. ``read FILE SECONDS...``: the OCR engine, as its own users run it, on those frames.
``memory FILE``: the pass, and how far its peak of memory lies above the idle process. Each prints one JSON line.
"""

import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from assets.curation.analysis import analyse
from assets.curation.signals.text import TextTrack
from serving.media.timed import timed_frames

_MIB = 1 << 20


def analysed(path: Path) -> dict[str, Any]:
    """Frames of shots, and the looks for text with what was read."""
    analysis = analyse(path)
    text = next(track for track in analysis.tracks if isinstance(track, TextTrack))
    return {
        "boundaries": [boundary.seconds for boundary in analysis.boundaries],
        "looks": [[look.first, [line.text for line in look.value]] for look in text.looks.found],
    }


def read(path: Path, seconds: Sequence[float]) -> dict[str, Any]:
    """What RapidOCR reads with its own settings at those times, each frame sought."""
    from rapidocr_onnxruntime import RapidOCR

    engine = RapidOCR()
    looks = []
    for at in seconds:
        timed = next(timed_frames(path, at))
        found, _ = engine(timed.upright()[:, :, ::-1])
        looks.append([at, [text for _, text, _ in found or []]])
    return {"looks": looks}


def memory(path: Path, warm: Path) -> dict[str, Any]:
    """MiB by which the peak of the pass lies above the process once everything has been loaded and used.

    Args:
        path: The film.
        warm: A short one, analysed first: libraries, networks and their work space belong to the idle process.
    """
    analyse(warm)
    idle = psutil.Process(os.getpid()).memory_info().rss
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    analyse(path)
    return {"peak_above_idle_mib": (_peak() - idle) / _MIB, "idle_mib": idle / _MIB}


def _peak() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main(arguments: Sequence[str]) -> None:
    """Run the task that the arguments name."""
    task, path, *rest = arguments
    match task:
        case "analyse":
            found = analysed(Path(path))
        case "read":
            found = read(Path(path), [float(value) for value in rest])
        case "memory":
            found = memory(Path(path), Path(rest[0]))
        case _:
            raise SystemExit(f"unknown task {task!r}")
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
