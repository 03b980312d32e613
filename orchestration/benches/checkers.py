"""The truth checkers on held-out clips: each one's balanced accuracy (onsets: F1), as rendered and after H.264."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assets.checkers.evaluation import Result, evaluate

_APART = "camera"  # of sixteen classes, with a bar of its own


def run() -> dict[str, float]:
    """The worst checker of either condition (camera apart), and each with its 95% interval, control and clips."""
    with _bars() as progress:
        return figures(evaluate(progress=progress))


def figures(results: dict[str, Result]) -> dict[str, float]:
    """The figures of some results, by name."""
    worst = {name: result for name, result in results.items() if name != _APART}
    found = {}
    if worst:
        found["accuracy_clean"] = min(result.clean.value for result in worst.values())
        found["accuracy_h264"] = min(result.coded.value for result in worst.values())
    for name, result in results.items():
        for condition, score in (("clean", result.clean), ("h264", result.coded), ("shuffled", result.shuffled)):
            found |= {
                f"{name}_{condition}": score.value,
                f"{name}_{condition}_low": score.low,
                f"{name}_{condition}_high": score.high,
            }
        found |= {f"{name}_chance": result.chance, f"{name}_clips": float(result.clean.clips)}
    return {name: round(value, 4) for name, value in found.items()}


@contextmanager
def _bars() -> Iterator[Callable[[str, int, int], None]]:
    """Shows how far each kind of clips is, on the standard error: the figures go to the standard output."""
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True)) as shown:

        def progress(name: str, done: int, count: int) -> None:
            if name not in tasks:
                tasks[name] = shown.add_task(f"{name} clips", total=count)
            shown.update(tasks[name], completed=done)

        yield progress
