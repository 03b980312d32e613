import dataclasses
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.codec.train import log_spectral_distance, si_snr, spectrum_error, train
from models.recipes import CodecConfig, CodecRecipe

RECIPE = CodecRecipe(model=CodecConfig(width=32, blocks=1), steps=4, batch_size=4, seconds=0.2, checkpoint_every=2)


class Killed(BaseException):
    """Stands for the end of the process."""


def sounds(generator, batch, samples):
    """Decaying tones over hums and soft noise, float32 [B, S]."""
    time = np.arange(samples) / 48_000
    hum = np.sin(2 * np.pi * generator.uniform(80, 160, (batch, 1)) * time)
    start = generator.uniform(0, samples / 48_000, (batch, 1))
    age = np.maximum(time - start, 0)
    note = np.exp(-age / 0.1) * np.sin(2 * np.pi * generator.uniform(300, 900, (batch, 1)) * age) * (time >= start)
    hiss = generator.standard_normal((batch, samples))
    return (0.05 * hum + 0.4 * note + 0.003 * hiss).astype(np.float32)


@pytest.fixture(scope="module")
def validation():
    return list(sounds(np.random.default_rng(99), 6, 24_000))


@pytest.fixture(scope="module", autouse=True)
def _few_frames():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.codec.train._FIT_FRAMES", 1000)
        yield


def test_training_lowers_the_loss_and_keeps_the_signal(validation, tmp_path):
    recipe = dataclasses.replace(RECIPE, steps=60, batch_size=16, checkpoint_every=60)
    metrics = train(recipe, sounds, validation, tmp_path)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert np.mean(losses[-2:]) < np.mean(losses[:2])
    assert metrics["si_snr"] > metrics["linear_si_snr"] - 0.5


def test_silent_sounds_are_left_out_of_the_metrics(validation, tmp_path):
    with_silence = [*validation, np.zeros(24_000, np.float32)]
    metrics = train(RECIPE, sounds, with_silence, tmp_path)
    assert np.isfinite(list(metrics.values())).all()


def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(validation, tmp_path):
    train(RECIPE, sounds, validation, tmp_path / "whole")
    calls = 0

    def killer(generator, batch, samples):
        nonlocal calls
        calls += 1
        if calls == 5:  # after the draw for the linear start and the first checkpoint, inside a step
            raise Killed
        return sounds(generator, batch, samples)

    with pytest.raises(Killed):
        train(RECIPE, killer, validation, tmp_path / "killed")
    assert (tmp_path / "killed/work/step-2").is_dir()
    train(RECIPE, sounds, validation, tmp_path / "killed")
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    train(RECIPE, sounds, validation, tmp_path / "killed", lambda step, *_: pytest.fail(f"step {step} again"))
    again = load_file(tmp_path / "killed/model.safetensors")
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_si_snr_ignores_loudness_and_measures_noise():
    generator = torch.Generator().manual_seed(0)
    signal, noise = torch.randn(2, 100_000, generator=generator)
    assert si_snr(0.3 * (signal + 0.1 * noise), signal) == pytest.approx(20.0, abs=0.1)


def test_log_spectral_distance_of_half_the_loudness_is_six_decibels():
    sound = torch.randn(20_000, generator=torch.Generator().manual_seed(0))
    assert log_spectral_distance(0.5 * sound, sound) == pytest.approx(20 * np.log10(2), abs=0.01)
    assert log_spectral_distance(sound, sound) == 0.0


def test_the_spectrum_error_ignores_signs():
    x = torch.randn(1, 2, 30, generator=torch.Generator().manual_seed(0))
    assert spectrum_error(-x, x) == 0.0
    assert spectrum_error(0.5 * x, x) > 0.0
