from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from models.averaging import average_files, average_folders, greedy_soup
from models.files import write_json
from models.training.errors import WeightsDiffer


def model(folder: Path, seed: int, **changes: np.ndarray) -> Path:
    folder.mkdir()
    random = np.random.default_rng(seed)
    tensors = {
        "a": random.normal(size=(5, 7)).astype(np.float32),
        "b": random.normal(size=3).astype(np.float16),
        "n": np.arange(4),
    }
    save_file(tensors | changes, folder / "model.safetensors")
    write_json(folder / "config.json", {"kind": "test"})
    return folder


@pytest.mark.parametrize("weights", [None, [3.0, 1.0, 1.0]])
def test_the_mean_is_numpys(tmp_path: Path, weights):
    folders = [model(tmp_path / str(seed), seed) for seed in range(3)]
    average_folders(folders, tmp_path / "out", weights)
    mean = load_file(tmp_path / "out" / "model.safetensors")
    sources = [load_file(folder / "model.safetensors") for folder in folders]
    for name, tolerance in (("a", 1e-7), ("b", 1e-3)):
        expected = np.average([source[name].astype(np.float64) for source in sources], axis=0, weights=weights)
        np.testing.assert_allclose(mean[name], expected, rtol=tolerance, atol=tolerance)
        assert mean[name].dtype == sources[0][name].dtype
    np.testing.assert_array_equal(mean["n"], np.arange(4))
    assert (tmp_path / "out" / "config.json").read_text() == (folders[0] / "config.json").read_text()


@pytest.mark.parametrize(
    "changes",
    [
        {"a": np.zeros((5, 6), np.float32)},
        {"more": np.zeros(1)},
        {"b": np.zeros(3, np.float32)},
        {"n": np.ones(4, int)},
    ],
    ids=["shape", "name", "type", "integers"],
)
def test_models_that_differ_are_refused(tmp_path: Path, changes):
    files = [model(tmp_path / "x", 0), model(tmp_path / "y", 1, **changes)]
    with pytest.raises(WeightsDiffer):
        average_folders(files, tmp_path / "out")
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_another_configuration_is_refused(tmp_path: Path):
    folders = [model(tmp_path / "x", 0), model(tmp_path / "y", 1)]
    write_json(folders[1] / "config.json", {"kind": "other"})
    with pytest.raises(WeightsDiffer, match="config"):
        average_folders(folders, tmp_path / "out")


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [-1.0, 2.0], [float("nan"), 1.0]])
def test_senseless_weights_are_refused(tmp_path: Path, weights):
    folders = [model(tmp_path / "x", 0), model(tmp_path / "y", 1)]
    with pytest.raises(ValueError):
        average_files([folder / "model.safetensors" for folder in folders], tmp_path / "out", weights)


def test_the_greedy_soup_takes_what_helps_and_leaves_what_does_not(tmp_path: Path):
    values = {"best": 1.0, "helps": -2.0, "spoils": 10.0}
    folders = [model(tmp_path / name, 0, a=np.full((5, 7), value, np.float32)) for name, value in values.items()]

    def rank(folder: Path) -> tuple[float, ...]:
        return (abs(float(load_file(folder / "model.safetensors")["a"].mean())),)

    chosen = greedy_soup(folders, tmp_path / "out", rank)
    assert [folder.name for folder in chosen] == ["best", "helps"]
    assert load_file(tmp_path / "out" / "model.safetensors")["a"].mean() == pytest.approx(-0.5)


def test_shards_average_like_one_file(tmp_path: Path):
    folders = [model(tmp_path / str(seed), seed) for seed in range(2)]
    average_folders(folders, tmp_path / "whole")
    tensors = load_file(folders[1] / "model.safetensors")
    (folders[1] / "model.safetensors").unlink()
    for name, tensor in tensors.items():
        save_file({name: tensor}, folders[1] / f"{name}.safetensors")
    write_json(
        folders[1] / "model.safetensors.index.json", {"weight_map": {name: f"{name}.safetensors" for name in tensors}}
    )
    average_folders(folders, tmp_path / "sharded")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "sharded"))
    for name, tensor in one.items():
        np.testing.assert_array_equal(other[name], tensor)
