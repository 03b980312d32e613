"""A request to stop: a signal that a training notices between two steps."""

import os
import signal
from types import FrameType

REQUEUE = 138
"""Exit code of a rank that stopped because it was asked to, with its work saved: start it again and it goes on.

128 + SIGUSR1: a rank that the signal ends before it can listen leaves the same code, and asks for the same. Kubeflow
reserves it for errors that the user wants retried.
"""

SIGNALS = (signal.SIGUSR1, signal.SIGTERM)


class Interruption:
    """Whether somebody has asked this process to stop.

    Before there is anything to save a signal ends the process at once: it may be waiting for others that never come.
    From then on the handler does nothing but remember, since it may run in the middle of a collective.

    Attributes:
        asked: Whether a signal came since :meth:`wait_for_a_step`.
    """

    def __init__(self) -> None:
        self.asked = False
        self._waits = False

    def watch(self) -> None:
        """Listen to SIGUSR1 (Slurm, shortly before a time limit) and SIGTERM (preemption, eviction)."""
        for number in SIGNALS:
            signal.signal(number, self._note)

    def wait_for_a_step(self) -> None:
        """From now on a request waits until a step is done and saved."""
        self._waits = True

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        if not self._waits:
            os._exit(REQUEUE)
        self.asked = True
