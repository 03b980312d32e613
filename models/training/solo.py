"""One-process training that resumes: the loop that autoencoder and codec share."""

import json
import logging
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from models.files import read_json, write_json, write_text
from models.training.checkpoint import Checkpoints
from models.training.errors import LossNotFinite
from models.training.muon import Muon

log = logging.getLogger(__name__)

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
        folder: Gets ``metrics.jsonl``; checkpoints live in ``folder/work``.
        log_every: Steps between two records.
    """

    model: nn.Module
    loss: Loss
    folder: Path
    steps: int
    learning_rate: float
    checkpoint_every: int
    seed: int = 0
    warmup: int = 10
    clip_norm: float = 1.0
    log_every: int = 10
    progress: Progress | None = None

    def run(self) -> None:
        """Train to the last step, from the newest checkpoint if there is one.

        A checkpoint that does not match its checksums is passed over for the one before it.

        Raises:
            LossNotFinite: The loss was NaN or infinite.
        """
        parameters = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        optimizer = Muon(parameters, self.learning_rate)
        checkpoints = Checkpoints(self.folder / "work")
        start, records = self._restore(optimizer, checkpoints)
        self.model.train()
        for step in range(start, self.steps):
            for group in optimizer.param_groups:
                group["lr"] = self._rate(step)
            terms = self.loss(step, Draw.of(self.seed, step))
            if not torch.isfinite(terms["loss"]):
                raise LossNotFinite(
                    f"step {step} of {self.folder}: loss {terms['loss'].item()}; lower the learning rate"
                )
            terms["loss"].backward()
            nn.utils.clip_grad_norm_(parameters, self.clip_norm)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            done = step + 1
            if done % self.log_every == 0 or done == self.steps:
                values = {name: float(value.detach()) for name, value in terms.items()}
                records.append({"step": done, **values})
                if self.progress:
                    self.progress(done, self.steps, values)
            if done % self.checkpoint_every == 0 or done == self.steps:
                self._save(done, records, optimizer, checkpoints)
        self.model.eval()

    def forget(self) -> None:
        """Remove the checkpoints: the finished model stands elsewhere."""
        shutil.rmtree(self.folder / "work", ignore_errors=True)

    def _rate(self, step: int) -> float:
        warm = min(1.0, (step + 1) / self.warmup)
        return self.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * step / self.steps))

    def _save(self, step: int, records: list[dict[str, Any]], optimizer: Muon, checkpoints: Checkpoints) -> None:
        folder = checkpoints.unfinished(step)
        folder.mkdir(parents=True)
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for name, parameter in self.model.named_parameters():
            for key, value in optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        save_file({name: value.contiguous() for name, value in tensors.items()}, folder / "state.safetensors")
        write_json(folder / "records.json", records)
        checkpoints.publish(step)
        write_text(self.folder / "metrics.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def _restore(self, optimizer: Muon, checkpoints: Checkpoints) -> tuple[int, list[dict[str, Any]]]:
        step, problems = checkpoints.last_good()
        for problem in problems:
            log.warning(problem)
        if step is None:
            return 0, []
        folder = checkpoints.root / f"step-{step}"
        tensors = load_file(folder / "state.safetensors")
        prefix = "model."
        self.model.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        parameters = dict(self.model.named_parameters())
        for key, value in tensors.items():
            kind, _, rest = key.partition(".")
            if kind == "optimizer":
                slot, _, name = rest.partition(".")
                optimizer.state[parameters[name]][slot] = value
        return step, list(read_json(folder / "records.json"))
