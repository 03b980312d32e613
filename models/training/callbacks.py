"""What happens around the steps: curves, validation, checkpoints."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as pl
import torch
from typing_extensions import override

from models.training.checkpoint import Checkpoints
from models.training.errors import TrainingInterrupted
from models.training.metrics import MetricsLog
from models.training.module import FlowTraining
from models.training.spikes import SpikeDetector
from models.training.validation import Validation

Progress = Callable[[int, Mapping[str, float]], None]
"""(steps done, newest values) -> None; called on rank 0 now and then."""

Say = Callable[[str], None]
"""A line for the log of this rank."""

_REPORTS = 20


class Curves(pl.Callback):
    """Writes the curves on rank 0, with the steps that were left out and the losses that leap, and reports progress.

    Attributes:
        first_step_at: Unix time at which the first step of this process was done.
    """

    def __init__(self, log: MetricsLog, spikes: SpikeDetector, progress: Progress, say: Say) -> None:
        self.first_step_at: float | None = None
        self._log = log
        self._spikes = spikes
        self._progress = progress
        self._say = say
        self._next: int | None = None

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:
        """Add the step's values."""
        self.first_step_at = self.first_step_at or time.time()
        if not trainer.is_global_zero:
            return
        steps, done = pl_module.recipe.steps, pl_module.done
        if done != self._next:  # a run that is continued, or went back: it looks back on what is behind it
            self._spikes.begin(entry["loss"] for entry in self._log.read() if "loss" in entry)
        self._next = done + 1
        skipped = pl_module.tolerance.skipped
        if pl_module.latest:
            self._write(done, pl_module.latest)
        else:
            self._log.write(done, skipped=skipped)
            self._say(f"step {done} was left out: its loss or gradient was not finite")
        if done % max(1, steps // _REPORTS) == 0 or done == steps:
            self._progress(done, pl_module.latest or {"skipped": skipped})

    def _write(self, done: int, values: Mapping[str, float]) -> None:
        spike = self._spikes.observe(values["loss"])
        if spike is None:
            self._log.write(done, **values)
            return
        self._log.write(done, **values, loss_spike=spike)
        self._say(f"step {done}: the loss {values['loss']:.4f} is {spike:.1f} deviations above those before it")


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

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:
        """At intervals."""
        if pl_module.done % self._every == 0 and pl_module.done < pl_module.recipe.steps:
            self._record(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """The end, and the control."""
        self._record(trainer, pl_module)
        self.control = self._loss(pl_module, exchanged=True)

    def _record(self, trainer: pl.Trainer, training: FlowTraining) -> None:
        loss = self._loss(training, exchanged=False)
        halved = training.plateau.observe(loss) and training.recipe.schedule == "plateau"
        if trainer.is_global_zero:
            told = {"halvings": training.plateau.halvings} if halved else {}
            self._log.write(training.done, validation_loss=loss, **told)

    def _loss(self, training: FlowTraining, *, exchanged: bool) -> float:
        called = training.sharding.called(training)
        called.eval()
        with training.average.applied():
            total = self._validation.sums(
                lambda batch: lambda latent, times: called(latent, times, batch),
                exchanged=training.method.control if exchanged else None,
                rank=training.replica,
                world_size=training.replicas,
                device=training.device,
            )
        called.train()
        torch.distributed.all_reduce(total)
        return float(total[0] / total[1])


class Checkpointing(pl.Callback):
    """Saves every so many steps and when asked to stop; restores what was interrupted; goes back when steps break."""

    def __init__(self, checkpoints: Checkpoints, log: MetricsLog, every: int, say: Say, begun: float) -> None:
        self.resumed_from: int | None = None
        self._begun = begun
        self._checkpoints = checkpoints
        self._log = log
        self._every = every
        self._say = say

    def on_fit_start(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """Restore the last good checkpoint, which rank 0 chooses for all; without one, begin."""
        pl_module.begin_average()
        step = self._chosen(trainer, None)
        if trainer.is_global_zero:
            self._log.rewind(step)
        if step is not None:
            state = self._restore(pl_module, step)
            pl_module.tolerance.restore(state["tolerance"])
            self._begun -= state["seconds"]
            self.resumed_from = step
            self._say(f"resumed after step {step}")

    @property
    def seconds(self) -> float:
        """That the training has taken, in the processes that led to this one too, up to the checkpoints they left."""
        return time.time() - self._begun

    def _chosen(self, trainer: pl.Trainer, before: int | None) -> int | None:
        """The step of the last good checkpoint (before ``before``), by rank 0's judgement."""
        chosen = torch.tensor(-1)
        if trainer.is_global_zero:
            step, problems = self._checkpoints.last_good(before)
            for problem in problems:
                self._say(problem)
            chosen = torch.tensor(-1 if step is None else step)
        torch.distributed.broadcast(chosen, src=0)
        return None if chosen < 0 else int(chosen)

    def _restore(self, training: FlowTraining, step: int) -> dict[str, Any]:
        folder = self._checkpoints.root / f"step-{step}"
        state = training.sharding.load(training, folder)
        training.done = state["done"]
        training.plateau.restore(state["plateau"])
        return state

    def _go_back(self, trainer: pl.Trainer, training: FlowTraining) -> None:
        """Continue from the last good checkpoint with other data."""
        broken_at, tolerance = training.done, training.tolerance
        training.sharding.settle()
        step = self._chosen(trainer, tolerance.returned_to)
        tolerance.go_back(training.recipe.name, broken_at, step)
        assert step is not None  # else go_back has given up
        self._restore(training, step)
        if trainer.is_global_zero:
            self._checkpoints.forget_after(step)
            self._log.rewind(step)
            # At the next step: a run that resumes from this very checkpoint will go back again, and say so then.
            self._log.write(step + 1, skipped=tolerance.skipped, rolled_back_from=broken_at)
        torch.distributed.barrier()
        self._say(f"went back from step {broken_at} to {step}; data runs {tolerance.shift} steps ahead now")

    @override
    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: Any, outputs: Any, batch: int, batch_idx: int) -> None:
        """Save at intervals; the end of the training is a model, not a checkpoint.

        Raises:
            TrainingInterrupted: A rank was asked to stop. On every rank, after the checkpoint.
            LossNotFinite: Too many steps were not finite.
        """
        if pl_module.tolerance.due:
            self._go_back(trainer, pl_module)
            return
        if pl_module.done >= pl_module.recipe.steps:
            return
        # While steps break, the weights are under suspicion: what is saved then would not be a good checkpoint.
        if pl_module.stopping or (pl_module.done % self._every == 0 and not pl_module.tolerance.in_a_row):
            self._save(pl_module)
        if pl_module.stopping:
            pl_module.sharding.settle()
            torch.distributed.barrier()
            raise TrainingInterrupted(f"{pl_module.recipe.name}: asked to stop; saved after step {pl_module.done}")

    @override
    def on_train_end(self, trainer: pl.Trainer, pl_module: Any) -> None:
        """The last checkpoint is published before the model is."""
        pl_module.sharding.settle()

    def _save(self, pl_module: FlowTraining) -> None:
        if not pl_module.tolerance.in_a_row:
            pl_module.tolerance.saved()
        state = {
            "done": pl_module.done,
            "seconds": self.seconds,
            "tolerance": pl_module.tolerance.state(),
            "plateau": pl_module.plateau.state(),
        }
        pl_module.sharding.save(pl_module, state, self._checkpoints)
