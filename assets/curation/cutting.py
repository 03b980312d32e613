"""The stage that cuts files into measured clips."""

from collections.abc import Sequence

from assets.code_version import code_version
from assets.curation.clips import split
from assets.curation.engine.stage import Task


class Cut:
    """Shots found, cut into clips, measured: see ``assets.curation.clips``."""

    name: str = "cut"
    version: str = code_version(__name__)

    def __call__(self, tasks: Sequence[Task]) -> list[Task]:
        """See ``Stage``. A file that does not decode gets one clip with an error."""
        clips = split([task["footage"] for task in tasks])
        return [
            {**task, "clips": [clip for clip in clips if clip["source"] == task["footage"]["id"]]} for task in tasks
        ]

    def close(self) -> None:
        """Nothing stays open: ``split`` closes its own child process."""
