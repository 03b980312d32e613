"""Trimming: memory that was freed goes back to the system.

The pass has several threads, and glibc keeps what each of them freed in an arena of its own: over a long film the
process grows by tens of megabytes that nothing uses.
"""

import ctypes
from collections.abc import Callable
from functools import cache


def trim() -> None:
    """Give back free memory; does nothing where the C library cannot."""
    _trimmer()(0)


@cache
def _trimmer() -> Callable[[int], int]:
    try:
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
    except AttributeError:
        return lambda _: 0
    return found
