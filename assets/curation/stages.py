"""The stages of curation over files: cut into measured clips, and looked at for copies."""

from collections.abc import Sequence

from assets.code_version import code_version
from assets.curation.clips import ANALYSIS_SECONDS, split
from assets.curation.copies.describe import looks
from assets.curation.engine.stage import Stage, Task
from assets.ingestion.isolation import Isolated, IsolatedFailure


class Cut:
    """Shots found, cut into clips, measured: see ``assets.curation.clips``."""

    name: str = "cut"
    version: str = code_version("assets.curation.clips")

    def __call__(self, tasks: Sequence[Task]) -> list[Task]:
        """See ``Stage``. A file that does not decode gets one clip with an error."""
        clips = split([task["footage"] for task in tasks])
        return [
            {**task, "clips": [clip for clip in clips if clip["source"] == task["footage"]["id"]]} for task in tasks
        ]

    def close(self) -> None:
        """Nothing stays open: ``split`` closes its own child process."""


class LookAt:
    """The look of every clip that decodes, as text under ``look``: see ``assets.curation.copies``."""

    name: str = "look"
    version: str = code_version("assets.curation.copies.describe")

    def __init__(self) -> None:
        self._looks = Isolated(looks, seconds=ANALYSIS_SECONDS)

    def __call__(self, tasks: Sequence[Task]) -> list[Task]:
        """See ``Stage``. Clips whose frames do not decode this time get the reason as their error."""
        return [self._task(task) for task in tasks]

    def close(self) -> None:
        """Stop the child process that decodes."""
        self._looks.__exit__(None, None, None)

    def _task(self, task: Task) -> Task:
        readable = [clip for clip in task["clips"] if not clip["error"]]
        try:
            found = self._looks((task["footage"]["path"], [(clip["start"], clip["end"]) for clip in readable]))
        except IsolatedFailure as error:
            reason = f"its frames do not decode again: {error}"
            return {
                **task,
                "clips": [clip | {"look": None, "error": clip["error"] or reason} for clip in task["clips"]],
            }
        measured = {
            clip["id"]: {"look": look} if look else {"look": None, "error": "no frame appears in its span"}
            for clip, look in zip(readable, found, strict=True)
        }
        return {**task, "clips": [clip | measured.get(clip["id"], {"look": None}) for clip in task["clips"]]}


def stages() -> list[Stage]:
    """The stages in order."""
    return [Cut(), LookAt()]
