"""A request to stop: a signal that a training notices between two steps."""

import signal
from types import FrameType

REQUEUE = 138
"""Exit code of a rank that stopped because it was asked to, with its work saved: start it again and it goes on.

128 + SIGUSR1: a rank that the signal ends before it can listen leaves the same code, and asks for the same. Kubeflow
reserves it for errors that the user wants retried.
"""


class Interruption:
    """Whether somebody has asked this process to stop.

    A signal's handler may run anywhere, in the middle of a collective too, so it does nothing but remember.

    Attributes:
        asked: Whether a signal came.
    """

    def __init__(self) -> None:
        self.asked = False

    def watch(self) -> None:
        """Listen to SIGUSR1 (Slurm, shortly before a time limit) and SIGTERM (preemption, eviction)."""
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True
