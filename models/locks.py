"""Locks between processes. Standard library only, so every room may use it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """An exclusive operating-system lock on a file; the kernel frees a dead holder's at once.

    Not re-entrant: a process that asks again waits for itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
