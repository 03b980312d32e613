"""Locks of a home's store: many runs may use it at once; who removes from it must be alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from serving.home import Home

_NAME = "store.lock"


class HomeInUse(RuntimeError):
    """A run is using the home's store."""


@contextmanager
def using(home: Home) -> Iterator[None]:
    """Held by whoever makes or reads artifacts. The kernel frees it when the process is gone, however it went."""
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / _NAME).open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_SH)
        yield


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Held by whoever removes artifacts.

    Raises:
        HomeInUse: a run holds the store; nothing was waited for.
    """
    home.locks.mkdir(parents=True, exist_ok=True)
    with (home.locks / _NAME).open("a") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HomeInUse(f"a run is using {home.root}: wait until it ends, then try again") from error
        yield
