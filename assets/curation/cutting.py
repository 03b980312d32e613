"""The stage that cuts files into measured clips."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from assets.checkers import camera
from assets.code_version import code_version
from assets.curation.aesthetics import ranker
from assets.curation.clips import split
from assets.curation.engine.stage import Task
from assets.curation.signals import events
from models.contrastive.config import FOLDER, GRAPH, WEIGHTS
from models.files import sha256_file, sha256_json

# Of our own signals.
_WEIGHTS = (camera.WEIGHTS, ranker.WEIGHTS, events.WEIGHTS, events.THRESHOLDS, FOLDER / WEIGHTS, FOLDER / GRAPH)


def version_of(weights: Iterable[Path]) -> str:
    """Sixteen hex digits that change with this code and with the files of weights that signals are measured by."""
    return sha256_json([code_version(__name__), *map(sha256_file, weights)])[:16]


class Cut:
    """Shots found, cut into clips, measured and looked at in one pass: see ``assets.curation.clips``."""

    name: str = "cut"
    version: str = version_of(_WEIGHTS)

    def __call__(self, tasks: Sequence[Task]) -> list[Task]:
        """See ``Stage``. A file that does not decode gets one clip with an error."""
        clips = split([task["footage"] for task in tasks])
        return [
            {**task, "clips": [clip for clip in clips if clip["source"] == task["footage"]["id"]]} for task in tasks
        ]

    def close(self) -> None:
        """Nothing stays open: ``split`` closes its own child process."""
