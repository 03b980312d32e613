"""Partitions: how many files are worked on before their results are kept."""

from collections.abc import Iterator, Sequence

from assets.curation.engine.stage import Task

SECONDS = 600.0  # of footage: what a kill can cost on one machine
CLUSTER_SECONDS = 36_000.0  # on many: a partition must give all of them something to do


def partitions(tasks: Sequence[Task], seconds: float) -> Iterator[list[Task]]:
    """The tasks in groups of about ``seconds`` of footage, at least one in each, in their order."""
    part: list[Task] = []
    length = 0.0
    for task in tasks:
        duration = float(task["footage"]["duration"])
        if part and length + duration > seconds:
            yield part
            part, length = [], 0.0
        part.append(task)
        length += duration
    if part:
        yield part
