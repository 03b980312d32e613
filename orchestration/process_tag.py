"""Which process a run has, as a tag of the run: so that a run whose process was killed is known to be dead."""

import os

from orchestration.ranks.processes import Process

PROCESS_TAG = "cinemill/process"


def process_tag() -> dict[str, str]:
    """The tag of a run of this process: its pid, and when it started."""
    own = Process.of(os.getpid())
    return {PROCESS_TAG: f"{own.pid}:{own.started}"}


def alive(tag: str) -> bool:
    """Whether the process that a tag names still runs."""
    pid, _, started = tag.partition(":")
    return Process(int(pid), int(started)).alive()
