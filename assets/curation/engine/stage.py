"""Stages: what is done to each file, in batches, by an object that keeps open what it needs."""

from collections.abc import Sequence
from typing import Any, Protocol

Task = dict[str, Any]
"""A file on its way, a JSON value: ``footage``, its row of the manifest, and ``clips``, the rows made of it so far."""


class Stage(Protocol):
    """A step of the work on files.

    A stage is built anew on every worker by ``type(stage)()``, so it holds no settings; its results depend on the task
    and on the code of ``version`` alone. A file that cannot be worked on gets clips that say so: it never raises.
    """

    name: str
    version: str

    def __call__(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks in the same order, each with ``clips`` added or changed."""
        ...

    def close(self) -> None:
        """Stop what was started."""
        ...
