"""One rank's part in a training: from a recipe to a model folder."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from deepspeed.accelerator import get_accelerator
from torch import Tensor

from models.files import sha256_file, write_text
from models.recipes import TrainingRecipe
from models.tensor_files import Entry, order_of
from models.training.callbacks import Checkpointing, Curves, Progress, Validating
from models.training.checkpoint import Checkpoints
from models.training.interruption import Interruption
from models.training.methods import method_of, shell
from models.training.metrics import MetricsLog
from models.training.module import FlowTraining
from models.training.recompute import recompute
from models.training.samples import SAMPLES, Sampling
from models.training.sharding import sharding_of
from models.training.shards import open_shards
from models.training.spikes import SpikeDetector
from models.training.strategy import Ranks
from models.training.throughput import Throughput
from models.training.validation import Validation

METRICS = "metrics.jsonl"
SYSTEM = "system.jsonl"
WEIGHTS = "model.safetensors"
WORK = "work"
RECORD = "shards.json"


@dataclass(frozen=True)
class Result:
    """What a finished training reports.

    Attributes:
        steps: Of the recipe.
        loss_initial, loss_final: Training loss, means over the first and last ten steps.
        validation_initial, validation_final: Flow loss on fixed samples, noise and times, before and after.
        validation_control: As ``validation_final``, with the condition taken from another sample: higher, if the
            network has learned to follow the condition.
        seconds: From the start to the end, checkpoints and validation included; of an interrupted training the parts of
            all processes, each up to the checkpoint from which the next went on.
        first_step_at: Unix time of the first finished step; None when a resumed run had none left.
        resumed_from: Step of the checkpoint that this run started from.
        skipped: Steps left out because their loss or gradient was not finite.
        rollbacks: How often the training went back to a checkpoint because such steps came in a row.
        spikes: Losses that leapt far above those before them.
        sha256: Of ``model.safetensors``.
    """

    steps: int
    loss_initial: float
    loss_final: float
    validation_initial: float
    validation_final: float
    validation_control: float
    seconds: float
    first_step_at: float | None
    resumed_from: int | None
    skipped: int
    rollbacks: int
    spikes: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """The fields as a JSON object."""
        return asdict(self)


def _silent(step: int, values: Mapping[str, float]) -> None:
    del step, values


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (the rank's log)


def train(
    recipe: TrainingRecipe,
    folder: Path,
    *,
    rank: int,
    world_size: int,
    rendezvous: str = "env://",
    progress: Progress = _silent,
    interruption: Interruption | None = None,
) -> Result | None:
    """Train as rank ``rank`` of ``world_size``; every rank's process calls this once.

    Continues from the last good checkpoint in ``folder/work`` if there is one. Writes ``model.safetensors`` (the
    averaged weights), ``config.json`` and ``metrics.jsonl`` to ``folder``.

    Args:
        recipe: What to train, on what, for how long.
        folder: Shared by all ranks.
        rank: From 0.
        world_size: Ranks of the job, all started.
        rendezvous: ``env://`` (with LOCAL_WORLD_SIZE where there are several machines), or ``file://`` and the path of
            a file that does not exist yet.
        progress: Called on rank 0 about twenty times.
        interruption: Asks this rank, and by it all of them, to save and stop after the present step.

    Returns:
        The result on rank 0, None elsewhere.

    Raises:
        TrainingInterrupted: ``interruption`` was asked of any rank; a checkpoint is saved.
        LossNotFinite, ShardDamaged, DataMissing: as their names say.
    """
    begun = time.time()
    sharding = sharding_of(recipe)
    record = folder / WORK / RECORD
    shards = open_shards(Path(recipe.data[0].index), record)
    training = FlowTraining(recipe, method_of(recipe), sharding, shards, interruption or Interruption(), record)
    recompute(training.network, recipe.recomputed_blocks)
    log = MetricsLog(folder / WORK / METRICS)
    curves = Curves(log, SpikeDetector(recipe.spike_window, recipe.spike_deviations), progress, _say)
    validating = Validating(Validation(recipe.validation, record=record), log, recipe.checkpoint_every)
    checkpointing = Checkpointing(
        Checkpoints(folder / WORK / "checkpoints"),
        log,
        recipe.checkpoint_every,
        _say,
        begun,
    )
    throughput = Throughput(MetricsLog(folder / WORK / SYSTEM))
    sampling = Sampling(recipe.validation, folder / WORK / SAMPLES, recipe.checkpoint_every, _say, record)
    local_size = int(os.environ.get("LOCAL_WORLD_SIZE", world_size))
    address, port = os.environ.get("MASTER_ADDR", "127.0.0.1"), int(os.environ.get("MASTER_PORT", "0"))
    trainer = pl.Trainer(
        strategy=sharding.strategy(Ranks(rank, world_size, local_size, address, port), rendezvous),
        accelerator=get_accelerator().device_name(),  # DeepSpeed's and this one's must be the same
        devices=local_size,
        num_nodes=world_size // local_size,
        precision=sharding.precision,
        max_epochs=1,
        callbacks=[throughput, curves, validating, sampling, checkpointing],  # a checkpoint follows its step's lines
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
    )
    # Lightning's own handler of SIGTERM starts a collective from inside the signal: beside the training's it hangs.
    trainer._signal_connector.register_signal_handlers = lambda: None  # type: ignore[method-assign]  # noqa: SLF001
    trainer.fit(training)
    _publish(training, folder, rank)
    result = None
    if rank == 0:
        write_text(folder / METRICS, log.path.read_text(encoding="utf-8"))
        result = _result(training, folder, log, curves, validating, checkpointing)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()
    return result


def _publish(training: FlowTraining, folder: Path, rank: int) -> None:
    """Gather the averaged weights a tensor at a time: rank 0 writes each before the next comes, others let it go."""
    whole = shell(training.method, training.recipe)
    entries = {name: Entry(torch.float32, tuple(value.shape)) for name, value in whole.named_parameters()}

    def content(name: str) -> Iterator[Tensor]:
        yield training.sharding.gathered(training, name)

    with training.average.applied():
        if rank == 0:
            training.method.save(training.recipe.model, entries, content, folder)
        else:
            for name in order_of(entries):
                training.sharding.gathered(training, name)


def _result(
    training: FlowTraining,
    folder: Path,
    log: MetricsLog,
    curves: Curves,
    validating: Validating,
    checkpointing: Checkpointing,
) -> Result:
    loss_initial, loss_final = log.ends("loss")
    losses = [entry["validation_loss"] for entry in log.read() if "validation_loss" in entry]
    assert validating.control is not None
    return Result(
        steps=training.recipe.steps,
        loss_initial=loss_initial,
        loss_final=loss_final,
        validation_initial=losses[0],
        validation_final=losses[-1],
        validation_control=validating.control,
        seconds=checkpointing.seconds,
        first_step_at=curves.first_step_at,
        resumed_from=checkpointing.resumed_from,
        skipped=training.tolerance.skipped,
        rollbacks=training.tolerance.rolled_back,
        spikes=sum("loss_spike" in entry for entry in log.read()),
        sha256=sha256_file(folder / WEIGHTS),
    )
