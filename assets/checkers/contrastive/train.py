"""Training of the contrastive model: ``python -m assets.checkers.contrastive.train FOLDER``.

Rendered scenes, text states and the training's state are kept under the folder, so that a training which is killed
goes on where it was. Equal versions give equal weights on equal processors: every step draws its lots from its own
number, and sums have one order.
"""

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from assets.checkers.contrastive.batches import Batch, batch
from assets.checkers.contrastive.scenes import places
from assets.checkers.contrastive.statements import SORTS, WORDINGS, vocabulary
from assets.checkers.contrastive.states import TextStates
from assets.checkers.contrastive.store import Store, Texts
from models.contrastive.config import ContrastiveConfig
from models.precision import autocast

if TYPE_CHECKING:
    from torch import Tensor

    from models.contrastive.network import ContrastiveModel

SEED = 0
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Stage:
    """A part of the training.

    Attributes:
        steps: How many.
        frames: Of each clip, in turn from step to step.
        plain: Whether only scenes of a single thing before a plain background are drawn.
        long: Whether only scenes with long captions are drawn.
        fitting: Whether each caption is judged with each clip by itself too, as the judge of alignment will.
    """

    steps: int
    frames: tuple[int, ...]
    plain: bool = False
    long: bool = False
    fitting: bool = False


@dataclass(frozen=True)
class Schedule:
    """How long, on what, and how fast.

    Attributes:
        scenes: Two clips each.
        batch: Scenes of a step.
        stages: Places come first, of any scene; then kinds and colours, which stay unlearnt for long where things are
            small and many, from single things in single pictures; then all of it, with more and more frames.
        last: A stage after them, with a learning rate of its own.
        rate, last_rate: Highest learning rates of the stages, and of the last one, in which it falls evenly.
        warmup, cooldown: Steps in which it rises from zero at first, and falls to zero in the end.
        naming: Weight of the loss of words, by which both towers are drawn to the same free vectors.
        decay: Weight decay of matrices.
        averaged: Decay of the average of the weights, which is what is kept.
        saved: Steps between saves of the training's state.
    """

    scenes: int = 4096
    batch: int = 64
    stages: tuple[Stage, ...] = (
        Stage(75, (1, 2)),
        Stage(150, (1,), plain=True),
        Stage(300, (1, 2)),
        Stage(100, (4,)),
        Stage(200, (8, 8, 8, 1), fitting=True),
    )
    last: Stage = Stage(110, (4,), long=True, fitting=True)
    rate: float = 1.5e-3
    last_rate: float = 6e-4
    warmup: int = 40
    cooldown: int = 180
    naming: float = 1.0
    decay: float = 0.05
    averaged: float = 0.99
    saved: int = 25

    @property
    def steps(self) -> int:
        """All stages' steps."""
        return sum(stage.steps for stage in (*self.stages, self.last))

    def at(self, step: int) -> tuple[Stage, int]:
        """The stage of a step, and the frames of its clips. Raises ValueError beyond the last one."""
        within = step
        for stage in (*self.stages, self.last):
            if within < stage.steps:
                return stage, stage.frames[within % len(stage.frames)]
            within -= stage.steps
        raise ValueError(f"step {step} lies beyond the last stage")

    def rate_at(self, step: int) -> float:
        """Learning rate of a step."""
        left = self.steps - step
        if left <= self.last.steps:
            return self.last_rate * left / self.last.steps
        return self.rate * min(1.0, (step + 1) / self.warmup, (left - self.last.steps) / self.cooldown)


class Training:
    """A training in progress: the model, its words, their optimiser, the average of the weights, and the steps done."""

    def __init__(self, schedule: Schedule, config: ContrastiveConfig) -> None:
        import torch

        from models.contrastive.network import ContrastiveModel
        from models.contrastive.words import Words

        torch.manual_seed(SEED)
        self.schedule = schedule
        self.model = ContrastiveModel(config)
        self.words = Words([len(sort) for sort in vocabulary(places(), 0)], config.dim)
        self.average = {name: value.detach().clone() for name, value in self.model.state_dict().items()}
        parameters = [*self.model.parameters(), *self.words.parameters()]
        matrices = [parameter for parameter in parameters if parameter.ndim > 1]
        others = [parameter for parameter in parameters if parameter.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": schedule.decay}, {"params": others, "weight_decay": 0.0}],
            lr=schedule.rate,
            betas=(0.9, 0.98),
        )
        self.done = 0

    def step(self, drawn: Batch, states: TextStates) -> dict[str, float]:
        """One step; each loss, and the share of captions whose own clip is the nearest in the batch."""
        import torch

        from models.contrastive.loss import judging, matching

        for group in self.optimiser.param_groups:
            group["lr"] = self.schedule.rate_at(self.done)
        with autocast():
            clips = self.model.video(drawn.frames)
            texts = [drawn.captions, drawn.statements, *(words for words, _ in drawn.words)]
            vectors = _read(self.model, states, [text for part in texts for text in part])
        captions, statements, *words = vectors.split([len(part) for part in texts])
        logits = self.model.inverse_temperature * captions @ clips.T
        losses = {
            "matching": matching(logits, drawn.shared),
            "judging": 2 * judging(self.model.log_odds(statements @ clips.T), drawn.truth, drawn.hard),
        }
        if self.schedule.at(self.done)[0].fitting:
            losses["fitting"] = 2 * _fitting(captions @ clips.T, drawn.shared)
        named = self._named(drawn, clips, torch.cat([captions, statements]), words)
        loss = torch.stack([*losses.values()]).sum() + self.schedule.naming * torch.stack([*named.values()]).sum()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*self.model.parameters(), *self.words.parameters()], 1.0)
        self.optimiser.step()
        kept = min(self.schedule.averaged, (1 + self.done) / (10 + self.done))
        with torch.no_grad():
            for name, value in self.model.state_dict().items():
                self.average[name].lerp_(value, 1 - kept)
        self.done += 1
        right = logits.argmax(dim=1) == torch.arange(len(logits))
        told = {name: float(value.detach()) for name, value in (losses | named).items()}
        return told | {"found": float(right.float().mean())}

    def save(self, path: Path) -> None:
        """Everything that the next step depends on, as safetensors."""
        import torch
        from safetensors.torch import save

        from models.files import write_bytes

        parts = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        parts |= {f"words.{name}": value for name, value in self.words.state_dict().items()}
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
        self.words.load_state_dict(_under("words.", parts))
        self.average = _under("average.", parts)
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimiser.", parts).items():
            number, part = name.split(".", 1)
            state.setdefault(int(number), {})[part] = value
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})

    def _named(self, drawn: Batch, clips: "Tensor", texts: "Tensor", words: "Sequence[Tensor]") -> "dict[str, Tensor]":
        """Losses of each sort's words: of those that clips show, and that texts (captions, statements, words) name."""
        import torch

        from models.contrastive.loss import naming

        losses: dict[str, Tensor] = {}
        shown, said = self.words(clips), self.words(texts)
        for number, sort in enumerate(SORTS):
            own = self.words(words[number])[number]
            itself = torch.nn.functional.cross_entropy(own, torch.arange(len(own)))
            losses[sort] = naming(shown[number], drawn.words[number][1])
            losses[f"{sort} said"] = naming(said[number], drawn.named[number]) + itself
        return losses


def train(folder: Path, schedule: Schedule, config: ContrastiveConfig, progress: Progress) -> "ContrastiveModel":
    """The trained model: the average of its weights over the last steps."""
    store = Store(folder, schedule.scenes, progress)
    states = TextStates(folder, [*(text for said in store.texts for text in _all_of(said)), *_words()], progress)
    training = Training(schedule, config)
    saved = folder / "training.safetensors"
    if saved.exists():
        training.load(saved)
    every = np.arange(schedule.scenes)
    plain = [scene for scene in every if all(map(_plain, store.texts[2 * scene : 2 * scene + 2]))]
    long = [scene for scene in every if store.texts[2 * scene].long]
    begun, first = time.perf_counter(), training.done
    while training.done < schedule.steps:
        rng = np.random.default_rng([SEED, training.done, 29])
        stage, frames = schedule.at(training.done)
        scenes = rng.choice(plain if stage.plain else long if stage.long else every, schedule.batch, replace=False)
        told = training.step(batch(store, scenes, frames, rng), states)
        rate = (training.done - first) / (time.perf_counter() - begun)
        figures = ", ".join(f"{name} {value:.2f}" for name, value in told.items())
        progress(f"training: {figures}, {rate:.2f} steps/s", training.done, schedule.steps)
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


def _fitting(cosines: "Tensor", shared: "Tensor") -> "Tensor":
    """Loss of captions against clips at one line for all, so that a clip in sepia fits its caption as well as others.

    InfoNCE asks only for the order within a row or column, and lets some pairs be less alike than strangers elsewhere.
    """
    import torch

    from models.contrastive.loss import judging

    own = torch.eye(len(cosines), dtype=torch.int8)
    truth = torch.where(shared & (own == 0), torch.full_like(own, -1), own)
    return judging(_FIT_SLOPE * (cosines - _FIT), truth, torch.zeros_like(shared))


_FIT, _FIT_SLOPE = 0.35, 20.0  # where own and others' captions part; calibration finds the judge's line afterwards


def _all_of(said: Texts) -> list[str]:
    return [*said.short, *([said.long] if said.long else []), *(text for _, text in said.statements)]


def _plain(said: Texts) -> bool:
    return len(said.facts.things) == 1 and said.facts.place.endswith("background")


def _words() -> list[str]:
    sorts = (sort for wording in range(WORDINGS) for sort in vocabulary(places(), wording))
    return [text for sort in sorts for _, text in sort]


def _under(prefix: str, parts: "dict[str, Tensor]") -> "dict[str, Tensor]":
    return {name.removeprefix(prefix): value for name, value in parts.items() if name.startswith(prefix)}


if __name__ == "__main__":
    main()
