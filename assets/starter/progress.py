"""Progress of a training on standard output, a line a report."""

import sys
import time
from collections.abc import Callable

Progress = Callable[[int, int, dict[str, float]], None]
"""(steps done, steps in all, loss terms) -> None."""


def teller() -> Progress:
    """Writes what it is told, with the seconds since it was made."""
    begun = time.monotonic()

    def tell(step: int, steps: int, terms: dict[str, float]) -> None:
        shown = ", ".join(f"{name} {value:.4f}" for name, value in terms.items())
        sys.stdout.write(f"step {step} of {steps} after {time.monotonic() - begun:.0f} s: {shown}\n")
        sys.stdout.flush()

    return tell
