"""What a job is called on a cluster, and how its ranks are laid out there."""

import hashlib
import re
from pathlib import Path

from orchestration.launchers.base import JobRejected

_LONGEST = 40  # Kubernetes adds the name of the replica, and allows 63


def job_name(job: Path) -> str:
    """A name that depends on the job's folder alone: whoever comes back for the job finds it by that.

    Lower-case letters, digits and hyphens, from a letter on: a DNS label. The digest tells apart two homes that hold
    the same job, and two job ids that are alike in their first letters.
    """
    digest = hashlib.sha256(str(job.resolve()).encode()).hexdigest()[:10]
    plain = re.sub(r"[^a-z0-9]+", "-", f"cm-{job.name}".lower())
    return f"{plain[: _LONGEST - 11].strip('-')}-{digest}"


def machines(world_size: int, ranks_per_machine: int) -> tuple[int, int]:
    """Machines of a job, and ranks on each. Raises JobRejected when the ranks do not fill the machines evenly."""
    share = min(world_size, ranks_per_machine)
    if world_size % share:
        raise JobRejected(
            f"{world_size} ranks do not fill machines of {ranks_per_machine}: set ranks_per_machine to a "
            "divisor of the recipe's world size"
        )
    return world_size // share, share
