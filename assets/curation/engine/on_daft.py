"""Stages on Daft: the same classes as stateful batch functions, on its native runner or on a Ray cluster."""

import json
import os
from collections.abc import Sequence
from typing import Any

from assets.curation.engine.stage import Stage, Task

_BATCH = 8  # files that one call of a stage gets
_RAY_ADDRESS = "CINEMILL_RAY_ADDRESS"


class OnDaft:
    """Runs stages through Daft data frames of one JSON text a task.

    Args:
        cluster: On Ray instead of in this process: the cluster of ``CINEMILL_RAY_ADDRESS``, or a local one.
            The choice holds for the life of this process, as Daft has one runner.
    """

    def __init__(self, *, cluster: bool) -> None:
        import daft

        self._cluster = cluster
        if cluster:
            daft.set_runner_ray(os.environ.get(_RAY_ADDRESS), noop_if_initialized=True)

    def run(self, stage: Stage, tasks: Sequence[Task]) -> list[Task]:
        """The tasks after a stage, in their order."""
        import daft

        numbered = [json.dumps(task) for task in tasks]
        frame = daft.from_pydict({"place": list(range(len(tasks))), "task": numbered})
        if self._cluster:
            frame = frame.into_partitions(max(1, -(-len(tasks) // _BATCH)))
        worker = _worker(type(stage), at_once=None if self._cluster else 1)()
        found = frame.with_column("task", worker.batch(daft.col("task"))).to_pydict()
        ordered = sorted(zip(found["place"], found["task"], strict=True))
        return [json.loads(text) for _, text in ordered]


def _worker(kind: type, *, at_once: int | None) -> Any:
    """A Daft class that keeps one stage for as long as its worker lives; ``None`` makes as many as there is room for.

    On one machine one is enough: the decoder has threads of its own.
    """
    import daft

    @daft.cls(max_concurrency=at_once)
    class Worker:
        def __init__(self) -> None:
            self._stage: Stage = kind()

        @daft.method.batch(return_dtype=daft.DataType.string(), batch_size=_BATCH)
        def batch(self, tasks: daft.Series) -> list[str]:
            done = self._stage([json.loads(text) for text in tasks.to_pylist()])
            return [json.dumps(task) for task in done]

    return Worker
