"""Trainings under FSDP2 and ZeRO-3 on two gloo ranks: against one plain process, and interrupted and continued."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from models.files import read_json
from models.training.batches import Batches
from models.training.sharding import STATE
from tests.models.training.conftest import write_index
from tests.models.training.ranks import digests, recipe_of
from tests.orchestration.launchers.test_launcher import plain_training

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("ranks.py")
PLAIN = {
    "steps": 6,
    "batch_size": 4,
    "warmup": 2,
    "checkpoint_every": 3,
    "learning_rate": 1e-3,
    "position_rate": 5.0,
}
# Every validation is a plateau, so a continued training must know how many there were.
HALVED = PLAIN | {
    "steps": 12,
    "checkpoint_every": 4,
    "schedule": "plateau",
    "plateau_patience": 1,
    "plateau_improvement": 0.9,
}
LAYOUTS = {
    "data": {},
    "tensor": {"tensor": 2},
    "context": {"context": 2},
    "ulysses": {"ulysses": 2},
    "zero3-context": {"context": 2, "strategy": "zero3"},
    "zero3-ulysses": {"ulysses": 2, "strategy": "zero3"},
}
STOPPED = 3
RESHARDED = PLAIN | {"steps": STOPPED + 20, "checkpoint_every": 24}
STRATEGIES = ("zero3", "fsdp2")
MOVES = [(strategy, move) for strategy in STRATEGIES for move in ((2, 1), (1, 2))]
REFUSED = {"ulysses": "takes 3 ranks, there are 1", "tensor": "ZeRO-3 cuts no matrices"}


def moved(strategy: str, move: tuple[int, int]) -> list[dict]:
    """A training that is stopped on some ranks and goes on on others."""
    name, fields = f"{strategy}-{move[0]}-{move[1]}", RESHARDED | {"strategy": strategy}
    return [
        {"name": name, "fields": fields | {"world_size": move[0]}, "stop": STOPPED},
        {"name": name, "fields": fields | {"world_size": move[1]}},
    ]


TRAININGS = [
    *({"name": f"plain-{name}", "fields": PLAIN | layout} for name, layout in LAYOUTS.items()),
    {"name": "warm", "fields": PLAIN | {"init": "plain-data"}},
    {"name": "sound", "fields": PLAIN | {"audio": True}},
    {"name": "sound-alone", "fields": PLAIN | {"audio": True, "world_size": 1}},
    *(
        {"name": f"coarse-{strategy}", "fields": PLAIN | {"precision": "bf16-true", "strategy": strategy}}
        for strategy in STRATEGIES
    ),
    *({"name": f"whole-{name}", "fields": HALVED | LAYOUTS[name]} for name in ("data", "tensor")),
    *({"name": f"cut-{name}", "fields": HALVED | LAYOUTS[name], "stop": 7} for name in ("data", "tensor")),
    *({"name": f"cut-{name}", "fields": HALVED | LAYOUTS[name]} for name in ("data", "tensor")),
    {"name": "damaged", "fields": HALVED, "stop": 10},
    {"name": "damaged", "fields": HALVED, "damage": "step-10"},
    {"name": "zero3-warm", "fields": PLAIN | {"init": "plain-data", "strategy": "zero3", "steps": 1}},
    *(training for strategy, move in MOVES for training in moved(strategy, move)),
    *(
        {"name": f"refused-{axis}", "fields": PLAIN | {axis: 3, "strategy": "zero3", "world_size": 1}}
        for axis in REFUSED
    ),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    """Where all trainings have run, each in a folder of its name."""
    root = tmp_path_factory.mktemp("fsdp")
    groups = [
        ("image-low", "train", (1, 4, 4), 20),
        ("image-low", "validation", (1, 4, 4), 5),
        ("video-low", "train", (2, 4, 4), 9),
        ("audio", "train", (8,), 9),
        ("audio", "validation", (8,), 4),
    ]
    write_index(root / "latents", groups)
    (root / "trainings.json").write_text(json.dumps(TRAININGS))
    command = [sys.executable, str(PROGRAM), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return root


def curve(folder: Path, name: str) -> list[float]:
    entries = map(json.loads, (folder / "metrics.jsonl").read_text().splitlines())
    return [entry[name] for entry in entries if name in entry]


def result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_ranks_train_and_average_as_one_plain_process(root: Path, layout: str):
    folder = root / f"plain-{layout}"
    weights, losses, norms = plain_training(recipe_of(root / "latents" / "index.json", PLAIN))
    assert curve(folder, "loss") == pytest.approx(losses, rel=1e-5)
    assert curve(folder, "gradient_norm") == pytest.approx(norms, rel=1e-4)
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert (tensor - weights[name]).norm() <= 1e-4 * weights[name].norm(), name


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_bfloat16_only_coarsens_the_losses(root: Path, strategy: str):
    fine, coarse = (curve(root / name, "loss") for name in ("plain-data", f"coarse-{strategy}"))
    assert fine != coarse
    assert coarse == pytest.approx(fine, rel=1e-2)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_bfloat16_leaves_the_flow_times_exact(root: Path, strategy: str):
    fine, coarse = ((root / name / "times-0.jsonl").read_text() for name in ("plain-data", f"coarse-{strategy}"))
    assert coarse == fine


@pytest.mark.parametrize("name", ["warm", "zero3-warm"])
def test_a_warm_start_begins_where_the_earlier_training_ended(root: Path, name: str):
    earlier, warm = (curve(root / one, "validation_loss") for one in ("plain-data", name))
    assert warm[0] == pytest.approx(earlier[-1], rel=1e-6)
    assert warm[0] < earlier[0]


def test_the_audio_network_is_sharded_over_samples(root: Path):
    two, one = root / "sound", root / "sound-alone"
    for name in ("loss", "validation_loss", "gradient_norm"):
        assert curve(two, name) == pytest.approx(curve(one, name), rel=1e-4)
    assert len(curve(two, "loss")) == PLAIN["steps"]


@pytest.mark.parametrize("name", ["data", "tensor"])
def test_an_interrupted_training_continues_bit_by_bit(root: Path, name: str):
    whole, cut = root / f"whole-{name}", root / f"cut-{name}"
    assert result(cut)["resumed_from"] == 7
    assert (cut / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert (cut / "metrics.jsonl").read_bytes() == (whole / "metrics.jsonl").read_bytes()


def test_the_time_of_an_interrupted_training_is_that_of_all_its_processes(root: Path):
    folder = root / "cut-data"
    states = [read_json(folder / "work" / "checkpoints" / step / STATE)["state"] for step in ("step-7", "step-8")]
    assert states[0]["seconds"] < states[1]["seconds"] < result(folder)["seconds"]


def test_a_plateau_halves_the_rate_for_the_steps_behind_it(root: Path):
    rates = curve(root / "cut-data", "learning_rate")
    assert rates[2:] == pytest.approx([1e-3] * 2 + [5e-4] * 4 + [2.5e-4] * 4)


def test_a_damaged_checkpoint_is_found_and_the_one_before_it_used(root: Path):
    assert result(root / "damaged")["resumed_from"] == 8
    assert (root / "damaged" / "model.safetensors").read_bytes() == (
        root / "whole-data" / "model.safetensors"
    ).read_bytes()


@pytest.mark.parametrize(("strategy", "move"), MOVES)
def test_another_number_of_ranks_goes_on_with_the_same_samples_and_losses(
    root: Path, strategy: str, move: tuple[int, int]
):
    folder = root / f"{strategy}-{move[0]}-{move[1]}"
    wanted = recipe_of(root / "latents" / "index.json", RESHARDED)
    assert result(folder)["resumed_from"] == STOPPED
    weights, losses, norms = plain_training(wanted)
    assert curve(folder, "loss") == pytest.approx(losses, rel=1e-5)
    assert curve(folder, "gradient_norm") == pytest.approx(norms, rel=1e-4)
    for name, tensor in load_file(folder / "model.safetensors").items():
        assert (tensor - weights[name]).norm() <= 1e-4 * weights[name].norm(), name

    batches = Batches(wanted.data, wanted.batch_size, wanted.seed)
    ranks = [folder / f"samples-{rank}.jsonl" for rank in range(2)]
    taken = [dict(map(json.loads, path.read_text().splitlines())) for path in ranks]
    for step in range(wanted.steps):
        samples = [sample for rank in taken for sample in rank.get(step, [])]
        assert samples == digests(batches.batch(step, 0, 1)), step


@pytest.mark.parametrize("name", ["zero3-context", "zero3-ulysses", "data", "tensor"])
def test_no_rank_ever_holds_the_whole_network_at_the_start(root: Path, name: str):
    tensors = load_file(root / f"plain-{name}" / "model.safetensors").values()
    every, largest = sum(tensor.numel() for tensor in tensors), max(tensor.numel() for tensor in tensors)
    for rank in range(2):
        held = json.loads((root / f"plain-{name}" / f"held-{rank}.json").read_text())
        assert held["end"] <= every / 2 + len(tensors)
        assert held["most"] <= every / 2 + len(tensors) + largest


@pytest.mark.parametrize("name", ["zero3-context", "zero3-ulysses", "data", "tensor"])
def test_no_rank_ever_holds_more_than_two_tensors_of_what_is_published(root: Path, name: str):
    stored = load_file(root / f"plain-{name}" / "model.safetensors")
    for rank in range(2):
        gathered = json.loads((root / f"plain-{name}" / f"gathered-{rank}.json").read_text())
        assert sorted(gathered["asked"]) == sorted(stored)
        assert gathered["most"] <= 2  # the one that is written, and the next


@pytest.mark.parametrize("axis", REFUSED)
def test_a_layout_that_does_not_fit_is_refused_by_name(root: Path, axis: str):
    assert REFUSED[axis] in (root / f"refused-{axis}" / "refused.txt").read_text()
