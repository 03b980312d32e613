"""The host: a process that has imported torch, Lightning and DeepSpeed once, and forks each job from itself.

It reads a job folder a line from standard input, and ends when that closes; the jobs that it forked go on.
"""

import os
import signal
import sys
from pathlib import Path

from models.recipes import TrainingRecipe
from orchestration.ranks.preload import preload
from orchestration.ranks.processes import Process
from orchestration.ranks.spec import PID
from orchestration.ranks.supervisor import supervise

_RANKS = TrainingRecipe.world_size  # the device is settled before the first job is known: by how many most have


def main() -> None:
    """Import, then fork jobs until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's interrupt is the parent's to answer
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print while they are imported is no answer
    preload(_RANKS)
    answers.write("ready\n")
    for line in sys.stdin:
        job = Path(line.strip())
        answers.write(f"{_launch(job)}\n")


def _launch(job: Path) -> int:
    """Fork a supervisor in a session of its own and return its pid; it is no child of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        Process.of(os.getpid()).write(job / PID)
        os.write(writer, str(os.getpid()).encode())
        _detach(job)
        supervise(job)
    os.waitpid(child, 0)
    os.close(writer)
    pid = int(os.read(reader, 32))
    os.close(reader)
    return pid


def _detach(job: Path) -> None:
    """Leave the parent's pipes, which would else stay open as long as the job."""
    log = os.open(job / "supervisor.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.closerange(3, 64)


if __name__ == "__main__":
    main()
