"""Samples that a training draws: the sampler, the grid, and a real training of two ranks that leaves both behind."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from models.autoencoder import load_autoencoder
from models.files import read_json, write_json
from models.starter import AUTOENCODER
from models.training.metrics import MetricsLog
from models.training.samples import SAMPLES, euler, grid
from models.training.throughput import Throughput
from tests.models.training.poisoned import train_poisoned


def test_equal_steps_along_a_constant_velocity_end_at_the_data():
    noise, data = torch.randn(2, 16, 1, 4, 4), torch.randn(2, 16, 1, 4, 4)
    times = []

    def velocity(latent, at):
        times.append(at.tolist())
        return data - noise

    torch.testing.assert_close(euler(velocity, noise, 4), data, rtol=0, atol=1e-5)
    assert times == [[0, 0], [0.25, 0.25], [0.5, 0.5], [0.75, 0.75]]


def test_a_grid_shows_the_beginning_and_the_end_of_each_clip_in_rows(tmp_path):
    bright, dark = (torch.full((1, 3, 8, 32, 32), level) for level in (0.8, -0.8))
    network = load_autoencoder(AUTOENCODER)
    with torch.no_grad():
        video = network.encode(torch.cat([bright, dark], dim=2))
        image = network.encode(dark[:, :, :1])
    path = grid(tmp_path / "a" / "step-000001.png", AUTOENCODER, (video, video.flip(2)))
    seen = np.asarray(Image.open(path)).astype(float)
    assert seen.shape == (2 * 34, 2 * 34, 3)
    above, below = seen[:32], seen[34:66]
    for row, (beginning, end) in ((above, (230, 25)), (below, (25, 230))):
        assert row[:, :32].mean() == pytest.approx(beginning, abs=60)
        assert row[:, 34:66].mean() == pytest.approx(end, abs=60)
    single = grid(tmp_path / "step-000002.png", AUTOENCODER, (image,))
    assert Image.open(single).size == (34, 34)


@pytest.mark.slow
def test_a_training_of_two_ranks_draws_samples_at_intervals_and_records_its_speed(recipe, index, tmp_path):
    write_json(index, read_json(index) | {"autoencoder": str(AUTOENCODER)})
    folder = tmp_path / "model"
    assert train_poisoned(replace(recipe(), validation=recipe().data[1:]), folder) == [0, 0]
    drawn = sorted((folder / "work" / SAMPLES).iterdir())
    assert [path.name for path in drawn] == ["step-000002.png", "step-000004.png"]
    # Four clips of 32 by 32 pixels, each with beginning and end; real ones above, which never change.
    first, second = (np.asarray(Image.open(path)) for path in drawn)
    assert first.shape == (2 * 34, 8 * 34, 3)
    assert np.array_equal(first[:34], second[:34])
    assert not np.array_equal(first[34:], second[34:])
    lines = [json.loads(line) for line in (folder / "work" / "system.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2, 3, 4]
    assert all(line["tokens_per_second"] > 0 < line["system/system_memory_usage_megabytes"] for line in lines)


def test_the_speed_of_what_is_done_again_is_forgotten(tmp_path):
    log = MetricsLog(tmp_path / "system.jsonl")
    for step in (2, 4, 6):
        log.write(step, tokens_per_second=1.0)

    class Trainer:
        is_global_zero = True

    class Module:
        done = 4

    Throughput(log).on_train_start(Trainer(), Module())
    assert [entry["step"] for entry in log.read()] == [2, 4]
