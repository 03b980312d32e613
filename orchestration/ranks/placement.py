"""Which part of a job's ranks a machine runs, as the cluster tells it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PORTS = range(20_000, 30_000)  # below the ports that Linux gives to outgoing connections
_FIRST = re.compile(r"([^,\[]+)(?:\[(\w+))?")


class PlacementUnknown(RuntimeError):
    """Neither Slurm nor Kubeflow told this process which machine of a job it is; the message says what is missing."""


@dataclass(frozen=True)
class Placement:
    """One machine of a job.

    Attributes:
        node: Number of this machine, from 0.
        nodes: Machines of the job.
        address, port: Where rank 0 listens.
    """

    node: int = 0
    nodes: int = 1
    address: str = "127.0.0.1"
    port: int = _PORTS.start

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Placement":
        """What the environment says: Kubeflow's variables (TrainJob ``PET_*``, PyTorchJob), else Slurm's of a step.

        Raises:
            PlacementUnknown: It says neither.
        """
        if "SLURM_NODEID" in environment:
            return cls._of_slurm(environment)
        try:
            node = environment.get("PET_NODE_RANK") or environment["RANK"]
            nodes = environment.get("PET_NNODES") or environment["WORLD_SIZE"]
            address = environment.get("PET_MASTER_ADDR") or environment["MASTER_ADDR"]
            port = environment.get("PET_MASTER_PORT") or environment["MASTER_PORT"]
        except KeyError as missing:
            raise PlacementUnknown(
                f"neither SLURM_NODEID nor {missing} is set: start this with srun, or from a TrainJob or PyTorchJob"
            ) from missing
        return cls(int(node), int(nodes), address, int(port))

    @classmethod
    def _of_slurm(cls, environment: Mapping[str, str]) -> "Placement":
        # Every step of a job derives the same port, and two jobs on one machine hardly ever the same.
        port = _PORTS[int(environment["SLURM_JOB_ID"]) % len(_PORTS)]
        nodes = int(environment["SLURM_NNODES"])
        address = first_host(environment["SLURM_JOB_NODELIST"]) if nodes > 1 else cls.address
        return cls(int(environment["SLURM_NODEID"]), nodes, address, port)

    def ranks(self, world_size: int) -> range:
        """The ranks of this machine. Raises PlacementUnknown when they do not divide over the machines."""
        if world_size % self.nodes:
            raise PlacementUnknown(f"{world_size} ranks do not divide over {self.nodes} machines: change one of them")
        share = world_size // self.nodes
        return range(self.node * share, (self.node + 1) * share)


def first_host(hosts: str) -> str:
    """The first host of a Slurm list: ``node[03-07,12],login1`` -> ``node03``."""
    match = _FIRST.match(hosts)
    if match is None:
        raise PlacementUnknown(f"SLURM_JOB_NODELIST is {hosts!r}: not a list of hosts")
    return match[1] + (match[2] or "")
