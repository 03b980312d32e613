"""The supervisor of a job whose ranks are all on this machine, forked by the host."""

import os
import signal
import socket
from pathlib import Path

from orchestration.ranks.failure import Failure
from orchestration.ranks.group import RankGroup
from orchestration.ranks.preload import DeviceUnavailable, check_gpus
from orchestration.ranks.spec import JobSpec, log_path


def supervise(job: Path) -> None:
    """Fork the ranks of the job in ``job``, wait for them, and end the rest when one fails. Never returns.

    On failure ``failure.json`` names the rank that failed first and its log, or the GPUs that are lacking.
    """
    spec = JobSpec.read(job)
    for rank in range(spec.recipe.world_size):
        log_path(job, rank).unlink(missing_ok=True)
    if os.environ["DS_ACCELERATOR"] == "cuda":  # settled before this job was known
        try:
            check_gpus(spec.recipe.world_size)
        except DeviceUnavailable as refusal:
            Failure(str(refusal), log_path(job, 0)).write(job)
            os._exit(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_free_port())}  # NCCL's; gloo meets in a file
    meeting = job / f"rendezvous-{os.getpid()}"
    group = RankGroup(job, range(spec.recipe.world_size), f"file://{meeting}")

    def end(number: int, frame: object) -> None:
        del frame
        group.send(signal.SIGKILL)
        Failure(f"ended by signal {number}", log_path(job, 0), rank=0).write(job)
        os._exit(1)

    signal.signal(signal.SIGTERM, end)
    code = group.wait()
    meeting.unlink(missing_ok=True)
    os._exit(code)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
