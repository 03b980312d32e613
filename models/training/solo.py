"""One-process training that resumes: the loop that autoencoder and codec share."""

import json
import logging
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.files import read_json, write_json, write_text
from models.solo_recipe import SoloRecipe
from models.training.adversary import Adversary
from models.training.average import WeightAverage
from models.training.checkpoint import Checkpoints
from models.training.muon import Muon
from models.training.spikes import SpikeDetector
from models.training.tolerance import Tolerance

log = logging.getLogger(__name__)

_MODEL, _AVERAGE, _ADVERSARY = "model.", "average.", "adversary."  # parts of a checkpoint

Progress = Callable[[int, int, dict[str, float]], None]


@dataclass(frozen=True)
class Draw:
    """The randomness of one step: a function of seed and step alone, so a resumed run needs no generator's state."""

    numpy: np.random.Generator
    torch: torch.Generator

    @classmethod
    def of(cls, seed: int, step: int) -> "Draw":
        """The draw of ``step``."""
        numpy = np.random.default_rng((seed, step))
        return cls(numpy, torch.Generator().manual_seed(int(numpy.integers(2**62))))


Loss = Callable[[int, Draw], dict[str, Tensor]]


@dataclass
class Solo:
    """Training of one model in one process, with Muon and a learning rate that falls as a half cosine to zero.

    Attributes:
        model: What is trained; its starting weights must be a function of ``seed`` and data alone.
        loss: Of (step, draw): the terms to log, all scalars; ``loss`` is the one that is minimised.
        folder: Gets ``metrics.jsonl``; checkpoints live in ``folder/work``, and stay there: whoever keeps the model
            removes them once it stands elsewhere.
        settling: Share of the steps, the last ones, over which the rate falls; before them it is constant, so that a
            training which is made longer goes on as if it had been longer from the start.
        log_every: Steps between two records.
        patience, rollbacks: See :class:`models.training.tolerance.Tolerance`.
        spike_window, spike_deviations: See :class:`models.training.spikes.SpikeDetector`.
        ema_decay: Limit of the decay of an average of the weights (:class:`models.training.average.WeightAverage`),
            which ``model`` holds after the last step; 0 keeps none.
        adversary: Trained in turn, after each step of the model's.
    """

    model: nn.Module
    loss: Loss
    folder: Path
    steps: int
    learning_rate: float
    checkpoint_every: int
    seed: int = 0
    warmup: int = 10
    settling: float = 1.0
    clip_norm: float = 1.0
    log_every: int = 10
    patience: int = 3
    rollbacks: int = 2
    spike_window: int = 64
    spike_deviations: float = 8.0
    ema_decay: float = 0.0
    adversary: Adversary | None = None
    progress: Progress | None = None
    _average: WeightAverage | None = field(default=None, init=False)

    @classmethod
    def of(cls, recipe: SoloRecipe, model: nn.Module, loss: Loss, folder: Path, progress: Progress | None) -> "Solo":
        """The training that a recipe asks for."""
        return cls(
            model,
            loss,
            folder,
            steps=recipe.steps,
            learning_rate=recipe.learning_rate,
            checkpoint_every=recipe.checkpoint_every,
            seed=recipe.seed,
            warmup=recipe.warmup,
            settling=recipe.settling,
            ema_decay=recipe.ema_decay,
            progress=progress,
        )

    def run(self) -> None:
        """Train to the last step, from the newest checkpoint if there is one.

        A checkpoint that does not match its checksums is passed over for the one before it. A step whose loss or
        gradient norm is not finite is left out; several in a row lead back to the last good checkpoint, and on from
        there with other draws. Both, and losses that leap, are recorded.

        Raises:
            LossNotFinite: That happened too often, or before there was a checkpoint.
        """
        self._average = WeightAverage(self.model, self.ema_decay) if self.ema_decay else None
        parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        optimizer = Muon(parameters, self.learning_rate)
        checkpoints = Checkpoints(self.folder / "work")
        tolerance = Tolerance(self.patience, self.rollbacks)
        spikes = SpikeDetector(self.spike_window, self.spike_deviations)
        done = 0
        records: list[dict[str, Any]] = []
        if (step := self._last_good(checkpoints)) is not None:
            done, records, watch = self._restore(step, optimizer, checkpoints)
            tolerance.restore(watch["tolerance"])
            spikes.begin(watch["losses"])
        self.model.train()
        while done < self.steps:
            terms = self._step(done, done + tolerance.shift, parameters, optimizer)
            done += 1
            if terms is None:
                tolerance.broken()
                records.append({"step": done, "skipped": tolerance.skipped})
                log.warning("%s: step %d was left out: its loss or gradient was not finite", self.folder, done)
            else:
                tolerance.fine()
                self._record(done, terms, records, spikes)
            if tolerance.due:
                done, records = self._go_back(done, tolerance, spikes, optimizer, checkpoints)
            elif done == self.steps or (done % self.checkpoint_every == 0 and not tolerance.in_a_row):
                tolerance.saved()
                watch = {"tolerance": tolerance.state(), "losses": spikes.losses}
                self._save(done, records, watch, optimizer, checkpoints)
        self._write_curves(records)  # also where a kill came between the last checkpoint and this
        if self._average is not None:
            self._average.give(self.model)
        self.model.eval()

    def _step(self, step: int, place: int, parameters: list[nn.Parameter], optimizer: Muon) -> dict[str, float] | None:
        """One update, with the draw of ``place``: the terms; None, and nothing changed, when it is not finite."""
        for group in optimizer.param_groups:
            group["lr"] = self._rate(step)
        terms = self.loss(place, Draw.of(self.seed, place))
        finite = bool(torch.isfinite(terms["loss"]))
        if finite:
            terms["loss"].backward()
            finite = bool(torch.isfinite(nn.utils.clip_grad_norm_(parameters, self.clip_norm)))
        if finite:
            optimizer.step()
            if self._average is not None:
                self._average.update(self.model)
        optimizer.zero_grad(set_to_none=True)
        if not finite:
            return None
        judged = self.adversary.step() if self.adversary else {}
        return {name: float(value.detach()) for name, value in terms.items()} | judged

    def _record(self, done: int, terms: dict[str, float], records: list[dict[str, Any]], spikes: SpikeDetector) -> None:
        spike = spikes.observe(terms["loss"])
        if spike is not None:
            records.append({"step": done, "loss_spike": spike})
            log.warning("%s: step %d: the loss is %.1f deviations above those before it", self.folder, done, spike)
        if done % self.log_every == 0 or done == self.steps:
            records.append({"step": done, **terms})
            if self.progress:
                self.progress(done, self.steps, terms)

    def _go_back(
        self, done: int, tolerance: Tolerance, spikes: SpikeDetector, optimizer: Muon, checkpoints: Checkpoints
    ) -> tuple[int, list[dict[str, Any]]]:
        """Weights, optimizer and records of the last good checkpoint; its step comes next, with other draws."""
        step = self._last_good(checkpoints, tolerance.returned_to)
        tolerance.go_back(str(self.folder), done, step)
        assert step is not None  # else go_back has given up
        _, records, watch = self._restore(step, optimizer, checkpoints)
        spikes.begin(watch["losses"])
        checkpoints.forget_after(step)
        records.append({"step": step + 1, "skipped": tolerance.skipped, "rolled_back_from": done})
        log.warning("%s: went back from step %d to %d", self.folder, done, step)
        return step, records

    def _rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / self.warmup)
        last = self.settling * self.steps
        fallen = max(0.0, 1 - (self.steps - step) / last)
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * fallen))

    def _save(
        self,
        step: int,
        records: list[dict[str, Any]],
        watch: dict[str, Any],
        optimizer: Muon,
        checkpoints: Checkpoints,
    ) -> None:
        folder = checkpoints.unfinished(step)
        folder.mkdir(parents=True)
        tensors = {f"{_MODEL}{name}": value for name, value in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            for key, value in optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        if self._average is not None:
            tensors |= {f"{_AVERAGE}{name}": value for name, value in self._average.state().items()}
        if self.adversary is not None:
            tensors |= {f"{_ADVERSARY}{name}": value for name, value in self.adversary.state().items()}
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "state.safetensors")
        write_json(folder / "records.json", records)
        write_json(folder / "watch.json", watch)
        checkpoints.publish(step)
        self._write_curves(records)

    def _write_curves(self, records: list[dict[str, Any]]) -> None:
        lines = (json.dumps(record, sort_keys=True) + "\n" for record in records)
        write_text(self.folder / "metrics.jsonl", "".join(lines))

    @staticmethod
    def _last_good(checkpoints: Checkpoints, before: int | None = None) -> int | None:
        step, problems = checkpoints.last_good(before)
        for problem in problems:
            log.warning(problem)
        return step

    def _restore(
        self, step: int, optimizer: Muon, checkpoints: Checkpoints
    ) -> tuple[int, list[dict[str, Any]], dict[str, Any]]:
        """Load weights and optimizer state; returns the step, the records up to it, and what else was watched."""
        folder = checkpoints.root / f"step-{step}"
        tensors = load_file(folder / "state.safetensors")
        model = {k.removeprefix(_MODEL): v for k, v in tensors.items() if k.startswith(_MODEL)}
        self.model.load_state_dict(model)
        for part, prefix in ((self._average, _AVERAGE), (self.adversary, _ADVERSARY)):
            if part is not None:
                part.restore({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        parameters = dict(self.model.named_parameters())
        for key, value in tensors.items():
            kind, _, rest = key.partition(".")
            if kind == "optimizer":
                slot, _, name = rest.partition(".")
                optimizer.state[parameters[name]][slot] = value
        return step, list(read_json(folder / "records.json")), dict(read_json(folder / "watch.json"))
