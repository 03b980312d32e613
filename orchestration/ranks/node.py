"""One machine's part in a cluster job: what Slurm's srun or a pod starts there, once a machine.

    python -m orchestration.ranks.node JOB

It imports torch once, forks this machine's ranks with the variables that torchrun would set, hands a request to stop
on to them, and ends as they ended: 0, the code of the first failure, or ``REQUEUE`` when they saved and stopped.
"""

import os
import signal
import sys
from pathlib import Path

from models.training.interruption import REQUEUE, SIGNALS
from orchestration.ranks.failure import Failure
from orchestration.ranks.group import RankGroup
from orchestration.ranks.placement import Placement
from orchestration.ranks.preload import DeviceUnavailable, preload
from orchestration.ranks.spec import FAILURE, JobSpec, log_path


def main(job: Path) -> int:
    """Run this machine's ranks of the job in ``job``; returns the exit code.

    Raises:
        DeviceUnavailable: There are GPUs for too few of them; the job's folder says so too.
    """
    for number in SIGNALS:
        signal.signal(number, lambda *_: os._exit(REQUEUE))  # from the first moment, so that the code is right
    placement = Placement.of(os.environ)
    world_size = JobSpec.read(job).recipe.world_size
    ranks = placement.ranks(world_size)
    if placement.node == 0:
        (job / FAILURE).unlink(missing_ok=True)  # an earlier attempt's
    try:
        preload(len(ranks))
    except DeviceUnavailable as refusal:
        Failure(str(refusal), log_path(job, ranks.start)).write(job)
        raise
    os.environ |= {
        "MASTER_ADDR": placement.address,
        "MASTER_PORT": str(placement.port),
        "LOCAL_WORLD_SIZE": str(len(ranks)),
    }
    # Requests wait until the ranks are there to hear of them; each rank lets them through when it listens itself.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    group = RankGroup(job, ranks, "env://")
    for number in SIGNALS:
        signal.signal(number, lambda *_: group.send(signal.SIGUSR1))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    return group.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
