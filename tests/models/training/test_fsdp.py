"""Trainings under FSDP2 on two gloo ranks: against one plain process, and interrupted, damaged and continued."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file

from tests.models.training.conftest import write_index
from tests.models.training.fsdp_ranks import recipe_of
from tests.orchestration.launchers.test_launcher import plain_training

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("fsdp_ranks.py")
PLAIN = {"steps": 6, "batch_size": 4, "warmup": 2, "checkpoint_every": 3, "learning_rate": 1e-3}
# Every validation is a plateau, so a continued training must know how many there were.
HALVED = PLAIN | {
    "steps": 12,
    "checkpoint_every": 4,
    "schedule": "plateau",
    "plateau_patience": 1,
    "plateau_improvement": 0.9,
}
LAYOUTS = {"data": {}, "tensor": {"tensor": 2}, "context": {"context": 2}, "ulysses": {"ulysses": 2}}
TRAININGS = [
    *({"name": f"plain-{name}", "fields": PLAIN | layout} for name, layout in LAYOUTS.items()),
    {"name": "warm", "fields": PLAIN | {"init": "plain-data"}},
    {"name": "sound", "fields": PLAIN | {"audio": True}},
    {"name": "sound-alone", "fields": PLAIN | {"audio": True, "world_size": 1}},
    {"name": "coarse", "fields": PLAIN | {"precision": "bf16-true"}},
    *({"name": f"whole-{name}", "fields": HALVED | LAYOUTS[name]} for name in ("data", "tensor")),
    *({"name": f"cut-{name}", "fields": HALVED | LAYOUTS[name], "stop": 7} for name in ("data", "tensor")),
    *({"name": f"cut-{name}", "fields": HALVED | LAYOUTS[name]} for name in ("data", "tensor")),
    {"name": "damaged", "fields": HALVED, "stop": 10},
    {"name": "damaged", "fields": HALVED, "damage": "step-10"},
    {"name": "fewer", "fields": HALVED, "stop": 7},
    {"name": "fewer", "fields": HALVED | {"world_size": 1}},
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
    command = [sys.executable, "-W", "ignore", str(PROGRAM)]
    ranks = [
        subprocess.Popen([*command, str(rank), str(root)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for rank in range(2)
    ]
    errors = [rank.communicate(timeout=600)[1] for rank in ranks]
    assert not any(rank.returncode for rank in ranks), errors[0][-3000:]
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


def test_bfloat16_only_coarsens_the_losses(root: Path):
    fine, coarse = (curve(root / name, "loss") for name in ("plain-data", "coarse"))
    assert fine != coarse
    assert coarse == pytest.approx(fine, rel=1e-2)


def test_a_warm_start_begins_where_the_earlier_training_ended(root: Path):
    earlier, warm = (curve(root / name, "validation_loss") for name in ("plain-data", "warm"))
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


def test_a_plateau_halves_the_rate_for_the_steps_behind_it(root: Path):
    rates = curve(root / "cut-data", "learning_rate")
    assert rates[2:] == pytest.approx([1e-3] * 2 + [5e-4] * 4 + [2.5e-4] * 4)


def test_a_damaged_checkpoint_is_found_and_the_one_before_it_used(root: Path):
    assert result(root / "damaged")["resumed_from"] == 8
    assert (root / "damaged" / "model.safetensors").read_bytes() == (
        root / "whole-data" / "model.safetensors"
    ).read_bytes()


def test_another_number_of_ranks_continues_with_the_same_losses(root: Path):
    assert result(root / "fewer")["resumed_from"] == 7
    assert curve(root / "fewer", "loss") == pytest.approx(curve(root / "whole-data", "loss"), rel=1e-4)
