"""Lightning's strategies, on ranks that a launcher started: ZeRO-3, which learns to run on CPUs, and a plain group."""

from typing import Any

import deepspeed
import torch
from lightning.fabric.utilities.seed import reset_seed
from lightning.pytorch.accelerators.cpu import CPUAccelerator
from lightning.pytorch.plugins.environments import ClusterEnvironment
from lightning.pytorch.strategies import DDPStrategy, DeepSpeedStrategy
from torch import nn
from torch.optim import Optimizer


class Ranks(ClusterEnvironment):
    """The ranks that a launcher has started already, one process each.

    Args:
        rank: This process's, from 0.
        world_size: Of the job.
        local_size: Ranks a machine; machine n holds the ranks from n * local_size on.
        address, port: Of rank 0; a rendezvous file makes them idle.
    """

    def __init__(self, rank: int, world_size: int, local_size: int, address: str, port: int) -> None:
        super().__init__()
        self._rank, self._world_size, self._local_size = rank, world_size, local_size
        self._address, self._port = address, port

    @property
    def creates_processes_externally(self) -> bool:
        """Always: Lightning never starts processes here."""
        return True

    @property
    def main_address(self) -> str:
        """Address of rank 0."""
        return self._address

    @property
    def main_port(self) -> int:
        """Port of rank 0."""
        return self._port

    @staticmethod
    def detect() -> bool:
        """Never guessed from the environment."""
        return False

    def world_size(self) -> int:
        """Ranks of the job."""
        return self._world_size

    def set_world_size(self, size: int) -> None:
        """Agree with Lightning's count. Raises ValueError if it differs."""
        if size != self._world_size:
            raise ValueError(f"Lightning counts {size} ranks, the launcher started {self._world_size}")

    def global_rank(self) -> int:
        """This process's rank."""
        return self._rank

    def set_global_rank(self, rank: int) -> None:
        """Agree with Lightning's rank. Raises ValueError if it differs."""
        if rank != self._rank:
            raise ValueError(f"Lightning takes this for rank {rank}, the launcher for {self._rank}")

    def local_rank(self) -> int:
        """Rank within this machine."""
        return self._rank % self._local_size

    def node_rank(self) -> int:
        """Number of this machine."""
        return self._rank // self._local_size


def join(strategy: DDPStrategy, rendezvous: str) -> None:
    """Join the process group over gloo; on CUDA over NCCL too: whatever lies on the CPU is exchanged there as well."""
    reset_seed()
    strategy.set_world_ranks()
    on_cpu = isinstance(strategy.accelerator, CPUAccelerator)
    if not on_cpu:
        torch.cuda.set_device(strategy.root_device)
    torch.distributed.init_process_group(
        "gloo" if on_cpu else "cpu:gloo,cuda:nccl",
        init_method=rendezvous,
        rank=strategy.global_rank,
        world_size=strategy.world_size,
        device_id=None if on_cpu else strategy.root_device,
    )


def leave(strategy: DDPStrategy) -> None:
    """Tear down all but the weights: they are collected after the last step, and before the first there are none."""
    strategy.precision_plugin.teardown()
    assert strategy.accelerator is not None
    strategy.accelerator.teardown()
    strategy.checkpoint_io.teardown()


class PlainStrategy(DDPStrategy):
    """A process group, and a module that has been sharded before: nothing is wrapped, nothing is reduced here.

    Args:
        rendezvous: As for ``ZeroStrategy``.
        environment: The ranks.
    """

    def __init__(self, rendezvous: str, environment: ClusterEnvironment) -> None:
        super().__init__(cluster_environment=environment)
        self._rendezvous = rendezvous

    def setup_distributed(self) -> None:
        """Join the process group."""
        join(self, self._rendezvous)

    def configure_ddp(self) -> None:
        """Nothing to wrap."""

    def teardown(self) -> None:
        """The weights stay where they are."""
        leave(self)


class ZeroStrategy(DeepSpeedStrategy):
    """DeepSpeed ZeRO-3 on CUDA as Lightning has it, and on CPU ranks over gloo, which Lightning refuses.

    Args:
        config: From ``zero3_config``.
        rendezvous: ``env://`` (MASTER_ADDR and MASTER_PORT), or ``file://`` and a path that all ranks see: no port
            to choose, none to collide with.
        environment: The ranks.
    """

    def __init__(self, config: dict[str, Any], rendezvous: str, environment: ClusterEnvironment) -> None:
        super().__init__(config=config, cluster_environment=environment)
        self._rendezvous = rendezvous

    @property
    def _on_cpu(self) -> bool:
        return isinstance(self.accelerator, CPUAccelerator)

    def setup_environment(self) -> None:
        """Skip the refusal on CPU."""
        if self._on_cpu:
            DDPStrategy.setup_environment(self)
        else:
            super().setup_environment()

    def setup_distributed(self) -> None:
        """Join the process group as the other strategy does, and let DeepSpeed find it."""
        self.set_world_ranks()
        self._set_node_environment_variables()
        join(self, self._rendezvous)
        if self._on_cpu:
            # A compiled shared-memory all-reduce that only inference uses: training starts without a compiler.
            deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
            deepspeed.utils.nvtx.enable_nvtx = False  # marks for a CUDA profiler: a fifth of a small network's step
        deepspeed.init_distributed("gloo" if self._on_cpu else "nccl", verbose=False)

    def teardown(self) -> None:
        """The weights stay where they are."""
        leave(self)

    def _setup_model_and_optimizer(
        self, model: nn.Module, optimizer: Optimizer | None, lr_scheduler: Any = None
    ) -> tuple["deepspeed.DeepSpeedEngine", Optimizer]:
        if not self._on_cpu:
            return super()._setup_model_and_optimizer(model, optimizer, lr_scheduler)
        engine, sharded, _, _ = deepspeed.initialize(
            config=self.config,
            model=model,
            model_parameters=[parameter for parameter in model.parameters() if parameter.requires_grad],
            optimizer=optimizer,
            lr_scheduler=lr_scheduler,
            dist_init_required=False,
        )
        return engine, sharded
