"""Loss spikes: losses far above those just before."""

import statistics
from collections import deque
from collections.abc import Iterable

_SIGMA = 1.4826  # median absolute deviation of a normal law, times this, is its standard deviation
_FLAT = 1e-6  # of the median: below that a curve counts as flat, and noise of rounding as no spike


class SpikeDetector:
    """Robust z-score of each loss against those before it: z = (x - median) / (1.4826 MAD).

    Median and median absolute deviation hardly move when a spike is among the losses, so a second one is found too,
    and a higher level is reported until it makes half of the window, and not for ever. Falls are none.

    Args:
        window: Losses that are looked back on; a quarter of them must be there first.
        threshold: z from which on a loss is a spike.
    """

    def __init__(self, window: int, threshold: float) -> None:
        self._losses: deque[float] = deque(maxlen=window)
        self._threshold = threshold

    @property
    def losses(self) -> list[float]:
        """What it looks back on, the oldest first."""
        return list(self._losses)

    def begin(self, losses: Iterable[float]) -> None:
        """Look back on these, as a resumed training does."""
        self._losses.clear()
        self._losses.extend(losses)

    def observe(self, loss: float) -> float | None:
        """The z of a spike, None for any other finite loss."""
        score = self._score(loss)
        self._losses.append(loss)
        return score if score is not None and score >= self._threshold else None

    def _score(self, loss: float) -> float | None:
        if len(self._losses) < max(2, (self._losses.maxlen or 0) // 4):
            return None
        median = statistics.median(self._losses)
        deviation = _SIGMA * statistics.median(abs(value - median) for value in self._losses)
        return (loss - median) / max(deviation, _FLAT * abs(median), 1e-30)
