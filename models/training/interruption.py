"""A request to stop: a signal that a training notices between two steps."""

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

    Before there is anything to save a signal ends the process at once, as the system does it and not a handler of
    ours: Python runs none while it waits inside a library for others that never come. From then on the handler does
    nothing but remember, since it may run in the middle of a collective.

    Attributes:
        asked: Whether a signal came since :meth:`wait_for_a_step`.
    """

    def __init__(self) -> None:
        self.asked = False
        self._watched = False

    def watch(self) -> None:
        """Listen to SIGUSR1 (Slurm, shortly before a time limit) and SIGTERM (preemption, eviction)."""
        self._watched = True
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)

    def wait_for_a_step(self) -> None:
        """From now on a request waits until a step is done and saved."""
        for number in SIGNALS if self._watched else ():
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.asked = True
