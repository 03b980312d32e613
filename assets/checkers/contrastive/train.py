"""Training of the contrastive model: ``python -m assets.checkers.contrastive.train FOLDER``.

Rendered scenes, text states and the training's state are kept under the folder, so that a training which is killed
goes on where it was. Equal versions give equal weights on equal processors: every step draws its lots from its own
number, and sums have one order.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.checkers.contrastive.batches import Batch, batch
from assets.checkers.contrastive.states import TextStates
from assets.checkers.contrastive.store import Store, Texts
from models.contrastive.config import ContrastiveConfig

if TYPE_CHECKING:
    from torch import Tensor

    from models.contrastive.network import ContrastiveModel

SEED = 0
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Schedule:
    """How long, on what, and how fast.

    Attributes:
        scenes: Two clips each.
        batch: Scenes of a step.
        stages: (steps, frames of each in turn): few frames first, where things are learnt at a fraction of the cost of
            whole clips, and pictures among them.
        rate: Learning rate.
        warmup, cooldown: Steps in which it rises from zero at first, and falls to zero in the end.
        decay: Weight decay of matrices.
        averaged: Decay of the average of the weights, which is what is kept.
        saved: Steps between saves of the training's state.
    """

    scenes: int = 4096
    batch: int = 64
    stages: tuple[tuple[int, tuple[int, ...]], ...] = ((420, (2,)), (160, (4,)), (50, (8, 8, 8, 1)))
    rate: float = 1.5e-3
    warmup: int = 40
    cooldown: int = 160
    decay: float = 0.05
    averaged: float = 0.99
    saved: int = 25

    @property
    def steps(self) -> int:
        """All stages' steps."""
        return sum(steps for steps, _ in self.stages)

    def frames(self, step: int) -> int:
        """Frames of a step's clips."""
        for steps, frames in self.stages:
            if step < steps:
                return frames[step % len(frames)]
            step -= steps
        raise ValueError(f"step {step} lies beyond the last stage")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        return self.rate * min(1.0, (step + 1) / self.warmup, (self.steps - step) / self.cooldown)


class Training:
    """A training in progress: the model, its optimiser, the average of its weights, and how many steps are done."""

    def __init__(self, schedule: Schedule, config: ContrastiveConfig) -> None:
        import torch

        from models.contrastive.network import ContrastiveModel

        torch.manual_seed(SEED)
        self.schedule = schedule
        self.model = ContrastiveModel(config)
        self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        matrices = [parameter for parameter in self.model.parameters() if parameter.ndim > 1]
        others = [parameter for parameter in self.model.parameters() if parameter.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": schedule.decay}, {"params": others, "weight_decay": 0.0}],
            lr=schedule.rate,
            betas=(0.9, 0.98),
        )
        self.done = 0

    def step(self, drawn: Batch, states: TextStates) -> tuple[float, float]:
        """One step; the loss, and the share of captions whose own clip is the nearest in the batch."""
        import torch

        from models.contrastive.loss import judging, matching

        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(self.done)
        with torch.autocast("cpu", torch.bfloat16):
            clips = self.model.video(drawn.frames)
            texts = _read(self.model, states, [*drawn.captions, *drawn.statements])
        captions, statements = texts.split([len(drawn.captions), len(drawn.statements)])
        logits = self.model.inverse_temperature * captions @ clips.T
        loss = matching(logits, drawn.shared) + 2 * judging(
            self.model.log_odds(statements @ clips.T), drawn.truth, drawn.hard
        )
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        kept = min(self.schedule.averaged, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - kept)
        self.done += 1
        right = logits.argmax(dim=1) == torch.arange(len(logits))
        return float(loss.detach()), float(right.float().mean())

    def save(self, path: Path) -> None:
        """Everything that the next step depends on, as safetensors."""
        import torch
        from safetensors.torch import save

        from models.files import write_bytes

        parts = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        parts |= {f"average.{name}": value for name, value in self.average.items()}
        for number, state in self.optimiser.state_dict()["state"].items():
            parts |= {f"optimiser.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        parts["done"] = torch.tensor(self.done)
        write_bytes(path, save({name: value.contiguous() for name, value in parts.items()}))

    def load(self, path: Path) -> None:
        """Go on from what ``save`` wrote."""
        from safetensors.torch import load_file

        parts = load_file(path)
        self.done = int(parts.pop("done"))
        self.model.load_state_dict(_under("model.", parts))
        self.average = _under("average.", parts)
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", parts).items():
            number, part = name.split(".", 1)
            state.setdefault(int(number), {})[part] = value
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})


def train(folder: Path, schedule: Schedule, config: ContrastiveConfig, progress: Progress) -> "ContrastiveModel":
    """The trained model: the average of its weights over the last steps."""
    store = Store(folder, schedule.scenes, progress)
    states = TextStates(folder, (text for said in store.texts for text in _all_of(said)), progress)
    training = Training(schedule, config)
    saved = folder / "training.safetensors"
    if saved.exists():
        training.load(saved)
    begun, first = time.perf_counter(), training.done
    while training.done < schedule.steps:
        rng = np.random.default_rng([SEED, training.done, 29])
        scenes = rng.choice(schedule.scenes, schedule.batch, replace=False)
        loss, right = training.step(batch(store, scenes, schedule.frames(training.done), rng), states)
        rate = (training.done - first) / (time.perf_counter() - begun)
        progress(f"training: loss {loss:.3f}, found {right:.0%}, {rate:.2f} steps/s", training.done, schedule.steps)
        if training.done % schedule.saved == 0 or training.done == schedule.steps:
            training.save(saved)
    training.model.load_state_dict(training.average)
    return training.model.eval()


def main() -> None:
    """Train, calibrate, and write the weights beside the package."""
    import torch

    from assets.checkers.contrastive.calibration import calibrate
    from models.contrastive.storage import save_model

    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m assets.checkers.contrastive.train FOLDER")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # one order of sums
    model = train(folder, Schedule(), ContrastiveConfig(), _told)
    save_model(model, calibrate(model, _told))


def _told(what: str, done: int, of: int) -> None:
    sys.stderr.write(f"{what}: {done} of {of}\n")


def _read(model: "ContrastiveModel", states: TextStates, texts: list[str]) -> "Tensor":
    """Vectors of texts, the short ones together and the long ones together, so that little is padding."""
    import torch

    from models.contrastive.reading import padded

    read = states.of(texts)
    long = np.array([len(each) > _LONG_TOKENS for each in read])
    vectors, order = [], []
    for chosen in (np.flatnonzero(~long), np.flatnonzero(long)):
        if len(chosen):
            vectors.append(model.text(*padded([read[index] for index in chosen]))[0])
            order.append(chosen)
    places = np.argsort(np.concatenate(order))
    return torch.cat(vectors)[torch.from_numpy(places)]


_LONG_TOKENS = 40


def _all_of(said: Texts) -> list[str]:
    return [*said.short, *([said.long] if said.long else []), *(text for _, text in said.statements)]


def _under(prefix: str, parts: "dict[str, Tensor]") -> "dict[str, Tensor]":
    return {name.removeprefix(prefix): value for name, value in parts.items() if name.startswith(prefix)}


if __name__ == "__main__":
    main()
