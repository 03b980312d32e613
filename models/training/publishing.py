"""Publishing of checkpoints in the background: the ranks train on while one is written, checksummed and renamed."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor


class Background:
    """At most one piece of work beside the training, in a thread of its own."""

    def __init__(self) -> None:
        self._pending: Future[object] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")

    def start(self, work: Callable[[], object]) -> None:
        """Begin ``work``, once what was begun before is done."""
        self.settle()
        self._pending = self._thread.submit(work)

    def settle(self) -> None:
        """Wait until what was begun is done. Raises what it raised."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.result()
