"""One side of the bench in a process: ``python -m orchestration.benches.averaging.apart TASK OUT MODEL ...``.

``ours`` and ``mergekit`` average the model folders into OUT; ``error`` compares OUT with the mean in float64. Each runs
on one thread and prints one JSON line.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil


def averaged(average: Callable[[], None], out: Path) -> dict[str, float]:
    """Seconds until the result is on the disk, and peak memory above the idle process, mapped pages included."""
    idle = psutil.Process().memory_info().rss
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the kernel's peak starts again here
    begun = time.perf_counter()
    average()
    for path in out.iterdir():
        _sync(path)
    seconds = time.perf_counter() - begun
    peak = next(
        int(line.split()[1]) * 1024
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if line.startswith("VmHWM:")
    )
    return {"seconds": seconds, "peak_bytes": float(peak - idle)}


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def ours(out: Path, models: Sequence[Path]) -> dict[str, float]:
    """Our plain mean."""
    from models.averaging import average_folders

    return averaged(lambda: average_folders(models, out), out)


def mergekit(out: Path, models: Sequence[Path]) -> dict[str, float]:
    """The peer's ``linear`` with equal weights, sums in float32."""
    from mergekit.config import MergeConfiguration
    from mergekit.merge import run_merge
    from mergekit.options import MergeOptions

    parts = [{"model": str(model), "parameters": {"weight": 1.0}} for model in models]
    config = MergeConfiguration.model_validate({"merge_method": "linear", "models": parts, "dtype": "float32"})
    options = MergeOptions(quiet=True, copy_tokenizer=False, write_model_card=False)
    return averaged(lambda: run_merge(config, str(out), options), out)


def error(out: Path, models: Sequence[Path]) -> dict[str, float]:
    """Largest difference from the mean in float64, relative to the largest weight."""
    from models.tensor_files import TensorFiles

    files, result = [TensorFiles(model) for model in models], TensorFiles(out)
    worst = largest = 0.0
    for name in files[0].entries:
        for merged, *pieces in zip(result.pieces(name), *(file.pieces(name) for file in files), strict=True):
            mean = sum(piece.double() for piece in pieces) / len(pieces)
            worst = max(worst, float((merged.double() - mean).abs().max()))
            largest = max(largest, float(mean.abs().max()))
    return {"error": worst / largest}


if __name__ == "__main__":
    import torch

    torch.set_num_threads(1)
    task, folder, *rest = sys.argv[1:]
    tasks = {"ours": ours, "mergekit": mergekit, "error": error}
    sys.stdout.write(json.dumps(tasks[task](Path(folder), [Path(path) for path in rest])) + "\n")
