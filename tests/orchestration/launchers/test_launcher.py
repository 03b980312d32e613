"""Launched trainings: two gloo ranks under DeepSpeed ZeRO-3, on a network and data that take seconds."""

import math
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.files import read_json, sha256_file, write_json
from models.recipes import BackboneConfig, DataMix, TrainingRecipe
from models.text.config import ROLES
from models.training.checkpoint import SUMS
from models.training.errors import TrainingFailed
from orchestration.launchers import Launcher
from orchestration.launchers.local import LocalBackend
from orchestration.ranks.processes import Process
from orchestration.ranks.spec import PID
from serving.home import Home
from tests.models.training.conftest import TINY, write_index

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def backend() -> Iterator[LocalBackend]:
    backend = LocalBackend()
    backend.warm()
    yield backend
    backend.close()


@pytest.fixture
def launcher(tmp_path: Path, backend: LocalBackend) -> Launcher:
    return Launcher(Home(tmp_path / "home"), backend)


@pytest.fixture
def recipe(tmp_path: Path) -> Callable[..., TrainingRecipe]:
    index = write_index(
        tmp_path / "latents",
        [("a", "train", (1, 4, 4), 20), ("a", "validation", (1, 4, 4), 5), ("b", "train", (2, 4, 4), 9)],
    )

    def make(**changes) -> TrainingRecipe:
        mix = (DataMix(str(index), "a"), DataMix(str(index), "b"))
        numbers = {"steps": 6, "batch_size": 4, "warmup": 2, "checkpoint_every": 3, "learning_rate": 1e-3} | changes
        return TrainingRecipe("tiny", "video", TINY, mix, mix[:1], **numbers)

    return make


def plain_training(
    recipe: TrainingRecipe, data: Sequence[int | None] | None = None
) -> tuple[dict[str, torch.Tensor], list[float], list[float]]:
    """The same training in one process without Lightning and DeepSpeed: averaged weights, losses, gradient norms.

    ``data`` names the data of each step, None a step that is left out; a step's own by default.
    """
    from models.backbone import Backbone
    from models.flow import flow_loss
    from models.training.batches import Batches
    from models.training.draws import draw
    from models.training.shards import open_shards

    torch.manual_seed(recipe.seed)
    assert isinstance(recipe.model, BackboneConfig)
    network = Backbone(recipe.model)
    shards = open_shards(Path(recipe.data[0].index))
    batches = Batches(recipe.data, recipe.batch_size, recipe.seed, token_balance=recipe.token_balance)
    shares = {
        name: recipe.position_rate if name.startswith("positions.") else 1 for name, _ in network.named_parameters()
    }
    groups = [{"params": [value], "name": name} for name, value in network.named_parameters()]
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.95), weight_decay=recipe.weight_decay)
    average = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    losses, norms = [], []
    for step, place in enumerate(data or range(recipe.steps)):
        if place is None:
            continue
        batch = batches.batch(place, 0, 1)
        latent = batch["latent"]
        draws = draw(latent.shape, seed=recipe.seed, step=place, first=0, dropout=recipe.caption_dropout)
        text = []
        for role in ROLES:
            states, mask = batch[f"text_{role}"], batch[f"text_{role}_mask"]
            null, real = shards.null[f"text_{role}"], shards.null[f"text_{role}_mask"]
            dropped = draws.dropped[:, None]
            text.append((torch.where(dropped[..., None], null, states), torch.where(dropped, real, mask)))
        loss = flow_loss(lambda x, t, text=text: network(x, t, text), latent, draws.times, draws.noise)
        for group in optimizer.param_groups:
            group["lr"] = shares[group["name"]] * recipe.learning_rate * min(1, (step + 1) / recipe.warmup)
        optimizer.zero_grad()
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)))
        optimizer.step()
        decay = min(recipe.ema_decay, (2 + len(losses)) / (11 + len(losses)))  # by updates, not by steps
        for name, tensor in network.state_dict().items():
            average[name].lerp_(tensor, 1 - decay)
        losses.append(loss.item())
    return average, losses, norms


def curve(folder: Path, name: str) -> list[float]:
    import json

    entries = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [entry[name] for entry in entries if name in entry]


@pytest.mark.parametrize("changes", [{}, {"recomputed_blocks": 2, "token_balance": 2}, {"strategy": "fsdp2"}])
def test_two_sharded_ranks_train_as_one_plain_process(
    launcher: Launcher, recipe: Callable, tmp_path: Path, changes: dict[str, Any]
):
    wanted = recipe(**changes)
    folder = tmp_path / "model"
    result = launcher.run(job_id="equal", recipe=wanted, folder=folder)
    weights, losses, norms = plain_training(wanted)
    # Validation runs before, in the middle of and after these steps: it must leave no trace in the gradients.
    assert curve(folder, "loss") == pytest.approx(losses, rel=1e-5)
    assert curve(folder, "gradient_norm") == pytest.approx(norms, rel=1e-4)
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert (tensor - weights[name]).norm() <= 1e-4 * weights[name].norm(), name
    assert len(curve(folder, "validation_loss")) == 3
    assert result["validation_final"] < result["validation_initial"]
    assert result["sha256"] == sha256_file(folder / "model.safetensors")
    assert launcher.run(job_id="equal", recipe=wanted, folder=folder) == result


def killed_when(moment: Callable[[Path], bool], launcher: Launcher, wanted: TrainingRecipe, folder: Path) -> None:
    """Run the job ``broken`` and kill it, ranks and all, once ``moment`` is true of its checkpoints."""
    failures = []

    def run() -> None:
        try:
            launcher.run(job_id="broken", recipe=wanted, folder=folder)
        except TrainingFailed as failure:
            failures.append(failure)

    running = Thread(target=run)
    running.start()
    while not moment(folder / "work" / "checkpoints"):
        assert running.is_alive()
        time.sleep(0.001)
    supervisor = Process.read(folder.parent / "home" / "jobs" / "broken" / PID)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)  # its ranks go with it
    running.join()
    assert "run it again" in str(failures[0])
    assert not (folder / "model.safetensors").exists()


def test_a_killed_job_resumes_to_bit_identical_weights(launcher: Launcher, recipe: Callable, tmp_path: Path):
    wanted = recipe(steps=24, checkpoint_every=4)
    launcher.run(job_id="whole", recipe=wanted, folder=tmp_path / "whole")

    folder = tmp_path / "broken"
    killed_when(lambda checkpoints: any(checkpoints.glob("step-[0-9]*[0-9]")), launcher, wanted, folder)
    result = launcher.run(job_id="broken", recipe=wanted, folder=folder)
    assert result["resumed_from"] >= 4
    assert (folder / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()
    assert (folder / "metrics.jsonl").read_bytes() == (tmp_path / "whole" / "metrics.jsonl").read_bytes()


def test_a_job_killed_inside_a_checkpoint_write_resumes_from_the_one_before(
    launcher: Launcher, recipe: Callable, tmp_path: Path
):
    wanted = recipe(steps=40, checkpoint_every=4)
    launcher.run(job_id="whole", recipe=wanted, folder=tmp_path / "whole")

    folder = tmp_path / "broken"
    part = folder / "work" / "checkpoints" / "step-12.tmp"
    written, stuck = (part / f"partitions-{rank}.safetensors" for rank in (0, 1))

    def writing(root: Path) -> bool:
        if (root / "step-4").exists() and not stuck.exists():
            part.mkdir(parents=True)
            os.mkfifo(stuck)  # nobody reads it: the second rank's part of this checkpoint never ends
        return written.exists()

    killed_when(writing, launcher, wanted, folder)
    assert stuck.is_fifo()
    assert not (part / SUMS).exists()
    result = launcher.run(job_id="broken", recipe=wanted, folder=folder)
    assert result["resumed_from"] == 8
    assert (folder / "model.safetensors").read_bytes() == (tmp_path / "whole" / "model.safetensors").read_bytes()


def test_a_second_launcher_attaches_to_the_running_job(launcher: Launcher, recipe: Callable, tmp_path: Path):
    wanted = recipe(steps=20)
    job = tmp_path / "home" / "jobs" / "shared"
    results = []
    first = Thread(target=lambda: results.append(launcher.run(job_id="shared", recipe=wanted, folder=tmp_path / "m")))
    first.start()
    while not (job / PID).exists():
        time.sleep(0.01)
    identity = read_json(job / PID)

    class NoBackend(LocalBackend):
        def submit(self, spec, job):
            raise AssertionError("the job runs already")

    second = Launcher(Home(tmp_path / "home"), NoBackend())
    results.append(second.run(job_id="shared", recipe=wanted, folder=tmp_path / "m"))
    first.join()
    assert results[0] == results[1]
    assert read_json(job / PID) == identity


def test_a_job_whose_loss_stays_nan_fails_with_its_log(launcher: Launcher, recipe: Callable, tmp_path: Path):
    wanted = recipe()
    index = Path(wanted.data[0].index)
    for number, shard in enumerate(stored := read_json(index)["shards"]):
        tensors = load_file(index.parent / shard["file"])
        tensors["latent"].fill_(math.nan)
        save_file(tensors, index.parent / shard["file"])
        stored[number]["sha256"] = sha256_file(index.parent / shard["file"])
    write_json(index, {"shards": stored})
    with pytest.raises(
        TrainingFailed, match=r"(?s)job nan: rank \d ended .*LossNotFinite.*at step 2.*no good checkpoint"
    ):
        launcher.run(job_id="nan", recipe=replace(wanted), folder=tmp_path / "m")
