"""The stage that looks at clips, for the search for copies."""

from collections.abc import Sequence

from assets.code_version import code_version
from assets.curation.copies.describe import looks
from assets.curation.engine.stage import Task
from assets.ingestion.isolation import Isolated, IsolatedFailure

LOOK_SECONDS = 1800.0  # the longest time for one file


class LookAt:
    """The look of every clip that decodes, as text under ``look``: see ``assets.curation.copies``."""

    name: str = "look"
    version: str = code_version(__name__)

    def __init__(self) -> None:
        self._looks = Isolated(looks, seconds=LOOK_SECONDS)

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
