"""Which process a run has, as a tag of the run: so that a run whose process was killed is known to be dead."""

import os
import platform

from orchestration.ranks.processes import Process

PROCESS_TAG = "cinemill/process"


def process_tag() -> dict[str, str]:
    """The tag of a run of this process: its machine, its pid, and when it started."""
    own = Process.of(os.getpid())
    return {PROCESS_TAG: f"{own.pid}:{own.started}:{platform.node()}"}


def gone(tag: str) -> bool:
    """Whether the process that a tag names has ended; of another machine's nothing is known."""
    pid, started, machine = tag.split(":", 2)
    return machine == platform.node() and not Process(int(pid), int(started)).alive()
