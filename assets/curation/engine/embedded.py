"""Stages in this process: nothing to start, for as many files as one machine can do."""

from collections.abc import Sequence

from assets.curation.engine.stage import Stage, Task


class Embedded:
    """Runs stages here, each over whole batches, and closes them at the end."""

    def __init__(self) -> None:
        self._used: dict[str, Stage] = {}

    def run(self, stage: Stage, tasks: Sequence[Task]) -> list[Task]:
        """The tasks after a stage."""
        return self._used.setdefault(stage.name, stage)(tasks)

    def close(self) -> None:
        """Close every stage that ran."""
        for stage in self._used.values():
            stage.close()
