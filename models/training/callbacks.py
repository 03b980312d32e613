"""What happens around the steps: curves, validation, checkpoints."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as pl
import torch

from models.training.checkpoint import Checkpoints
from models.training.errors import TrainingInterrupted
from models.training.metrics import MetricsLog
from models.training.module import FlowTraining
from models.training.validation import Validation

Progress = Callable[[int, Mapping[str, float]], None]
"""(steps done, newest values) -> None; called on rank 0 now and then."""

_REPORTS = 20


class Curves(pl.Callback):
    """Writes the curves on rank 0 and reports progress.

    Attributes:
        first_step_at: Unix time at which the first step of this process was done.
    """

    def __init__(self, log: MetricsLog, progress: Progress) -> None:
        self.first_step_at: float | None = None
        self._log = log
        self._progress = progress

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:  # noqa: ARG002
        """Add the step's values."""
        self.first_step_at = self.first_step_at or time.time()
        if not trainer.is_global_zero:
            return
        steps, done = pl_module.recipe.steps, pl_module.done
        if pl_module.latest:
            self._log.write(done, **pl_module.latest)
        if done % max(1, steps // _REPORTS) == 0 or done == steps:
            self._progress(done, pl_module.latest or {"skipped": pl_module.skipped})


class Validating(pl.Callback):
    """Validation flow loss of the averaged weights: before the first step, at intervals, and after the last.

    Attributes:
        control: The last loss with the conditions exchanged between samples.
    """

    def __init__(self, validation: Validation, log: MetricsLog, every: int) -> None:
        self.control: float | None = None
        self._validation = validation
        self._log = log
        self._every = every

    def on_train_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """The start to which the end is compared."""
        if pl_module.done == 0:
            self._record(trainer, pl_module)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:  # noqa: ARG002
        """At intervals."""
        if pl_module.done % self._every == 0 and pl_module.done < pl_module.recipe.steps:
            self._record(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """The end, and the control."""
        self._record(trainer, pl_module)
        self.control = self._loss(pl_module, exchanged=True)

    def _record(self, trainer: pl.Trainer, training: FlowTraining) -> None:
        loss = self._loss(training, exchanged=False)
        if trainer.is_global_zero:
            self._log.write(training.done, validation_loss=loss)

    def _loss(self, training: FlowTraining, *, exchanged: bool) -> float:
        engine = training.engine
        engine.eval()
        with training.average.applied():
            total = self._validation.sums(
                lambda batch: lambda latent, times: engine(latent, times, batch),
                exchanged=training.method.control if exchanged else None,
                rank=training.replica,
                world_size=training.replicas,
            )
        engine.train()
        torch.distributed.all_reduce(total)
        return float(total[0] / total[1])


class Checkpointing(pl.Callback):
    """Saves every so many steps and when asked to stop, and restores at the start of a run that was interrupted."""

    def __init__(self, checkpoints: Checkpoints, log: MetricsLog, every: int, say: Callable[[str], None]) -> None:
        self.resumed_from: int | None = None
        self._checkpoints = checkpoints
        self._log = log
        self._every = every
        self._say = say

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Restore the last good checkpoint, which rank 0 chooses for all; without one, begin."""
        pl_module.begin_average()
        chosen = torch.tensor(-1)
        if trainer.is_global_zero:
            step, problems = self._checkpoints.last_good()
            for problem in problems:
                self._say(problem)
            self._log.rewind(step)
            chosen = torch.tensor(-1 if step is None else step)
        torch.distributed.broadcast(chosen, src=0)
        if chosen >= 0:
            self._restore(trainer, pl_module, int(chosen))

    def _restore(self, trainer: pl.Trainer, training: FlowTraining, step: int) -> None:
        folder = self._checkpoints.root / f"step-{step}"
        state = trainer.strategy.load_checkpoint(folder)
        training.done, training.skipped = state["done"], state["skipped"]
        training.average.load(folder / f"average-{trainer.global_rank}.safetensors")
        self.resumed_from = step
        self._say(f"resumed after step {step}")

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:  # noqa: ARG002
        """Save at intervals; the end of the training is a model, not a checkpoint.

        Raises:
            TrainingInterrupted: A rank was asked to stop. On every rank, after the checkpoint.
        """
        if pl_module.done >= pl_module.recipe.steps:
            return
        if pl_module.stopping or pl_module.done % self._every == 0:
            self._save(trainer, pl_module)
        if pl_module.stopping:
            raise TrainingInterrupted(f"{pl_module.recipe.name}: asked to stop; saved after step {pl_module.done}")

    def _save(self, trainer: pl.Trainer, pl_module: FlowTraining) -> None:
        folder = self._checkpoints.unfinished(pl_module.done)
        folder.mkdir(parents=True, exist_ok=True)
        state = {"done": pl_module.done, "skipped": pl_module.skipped}
        trainer.strategy.save_checkpoint(state, folder)
        pl_module.average.save(folder / f"average-{trainer.global_rank}.safetensors")
        torch.distributed.barrier()
        if trainer.is_global_zero:
            self._checkpoints.publish(pl_module.done)
        torch.distributed.barrier()
