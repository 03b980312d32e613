import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from models.autoencoder import WrongModelError, load_autoencoder
from models.autoencoder.train import pixels, psnr, raw_latents, start_of, train
from models.recipes import AutoencoderConfig, AutoencoderRecipe, demo

RECIPE = AutoencoderRecipe(
    model=AutoencoderConfig(base_width=4), steps=6, batch_size=2, crop=32, frames=9, checkpoint_every=2
)


class Killed(BaseException):
    """Stands for the end of the process."""


def squares(generator, frames, crop, batch):
    """Coloured squares that move over coloured grounds, uint8 [B, F, crop, crop, 3]."""
    clips = np.empty((batch, frames, crop, crop, 3), np.uint8)
    for clip in clips:
        clip[:] = generator.integers(0, 256, 3)
        colour, (y, x), (v, u) = (
            generator.integers(0, 256, 3),
            generator.integers(2, 12, 2),
            generator.integers(-1, 2, 2),
        )
        for t, frame in enumerate(clip):
            frame[max(y + t * v, 0) : y + t * v + 12, max(x + t * u, 0) : x + t * u + 12] = colour
    return clips


@pytest.fixture(scope="module")
def validation():
    return list(squares(np.random.default_rng(99), 9, 32, 4))


def test_training_beats_its_linear_start(validation, tmp_path):
    recipe = dataclasses.replace(RECIPE, model=AutoencoderConfig(base_width=8), steps=150, checkpoint_every=150)
    metrics = train(recipe, squares, validation, tmp_path)
    assert metrics["psnr_video"] > metrics["linear_psnr_video"]
    assert metrics["psnr_image"] > metrics["linear_psnr_image"]


FULL = dataclasses.replace(
    RECIPE,
    ema_decay=0.5,
    gradient_weight=0.5,
    perceptual_weight=0.2,
    adversarial_weight=0.1,
    adversarial_start=3,
    precision="bf16-mixed",
)


@pytest.mark.parametrize("recipe", [RECIPE, FULL], ids=["plain", "every loss"])
def test_a_run_that_was_killed_ends_with_the_weights_of_one_that_was_not(recipe, validation, tmp_path):
    train(recipe, squares, validation, tmp_path / "whole")
    calls = 0

    def killer(generator, frames, crop, batch):
        nonlocal calls
        calls += 1
        if calls == 6:  # after the draw for the linear start and the first checkpoint, inside a step
            raise Killed
        return squares(generator, frames, crop, batch)

    with pytest.raises(Killed):
        train(recipe, killer, validation, tmp_path / "killed")
    assert (tmp_path / "killed/work/step-4").is_dir()
    train(recipe, squares, validation, tmp_path / "killed")
    whole, resumed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    texts = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("whole", "killed")]
    assert texts[0] == texts[1]
    train(recipe, squares, validation, tmp_path / "killed", lambda step, *_: pytest.fail(f"step {step} again"))
    again = load_file(tmp_path / "killed/model.safetensors")
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_progress_is_told_every_loss_term(validation, tmp_path):
    seen = []
    train(RECIPE, squares, validation, tmp_path, lambda step, steps, terms: seen.append((step, steps, set(terms))))
    assert seen[-1] == (6, 6, {"loss", "l1", "squared", "gradient", "kl", "outliers"})


@pytest.mark.parametrize("weight", ["l1", "squared", "gradient", "perceptual", "kl", "outlier", "adversarial"])
def test_every_loss_that_the_recipe_weighs_moves_the_weights(weight, validation, tmp_path):
    zero = dict.fromkeys(("l1_weight", "squared_weight", "kl_weight", "outlier_weight"), 0.0)
    zero |= {"outlier_radius": 0.5}
    plain = dataclasses.replace(RECIPE, steps=2, **zero | {"l1_weight": 1.0})
    weighed = dataclasses.replace(RECIPE, steps=2, **zero | {"l1_weight": 1.0, f"{weight}_weight": 2.0})
    train(plain, squares, validation, tmp_path / "plain")
    train(weighed, squares, validation, tmp_path / "weighed")
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("plain", "weighed"))
    assert any(not torch.equal(one[name], other[name]) for name in one if name != "latent_std")


def test_the_adversarial_game_begins_at_its_step(validation, tmp_path):
    recipe = dataclasses.replace(RECIPE, adversarial_weight=0.5, adversarial_start=4)
    seen = []
    train(recipe, squares, validation, tmp_path, lambda step, steps, terms: seen.append(terms))
    assert {"adversarial", "discriminator"} <= set(seen[-1])
    late = dataclasses.replace(recipe, adversarial_start=6)
    train(late, squares, validation, tmp_path / "late", lambda step, steps, terms: seen.append(terms))
    assert "adversarial" not in seen[-1]
    assert "discriminator" not in seen[-1]


def test_the_average_of_the_weights_is_what_is_left(validation, tmp_path):
    recipe = dataclasses.replace(RECIPE, ema_decay=0.9)
    train(recipe, squares, validation, tmp_path / "averaged")
    train(RECIPE, squares, validation, tmp_path / "last")
    averaged, last = (load_file(tmp_path / name / "model.safetensors") for name in ("averaged", "last"))
    assert not torch.equal(averaged["encoder.out.space.weight"], last["encoder.out.space.weight"])


def test_the_saved_statistics_are_those_of_training_latents(validation, tmp_path):
    train(RECIPE, squares, validation, tmp_path)
    model = load_autoencoder(tmp_path)
    raw = raw_latents(model, squares(np.random.default_rng(5), 9, 32, 64))
    normalised = (raw - model.latent_mean) / model.latent_std
    assert normalised.mean(0).abs().max() < 0.3
    assert (normalised.std(0) - 1).abs().max() < 0.3


def test_psnr_is_its_formula():
    target = pixels(np.full((1, 2, 2, 3), 100, np.uint8))
    off = pixels(np.full((1, 2, 2, 3), 110, np.uint8))
    assert psnr(off, target) == pytest.approx(20 * np.log10(255 / 10), abs=1e-3)


def test_training_goes_on_from_the_autoencoder_that_the_recipe_names(validation, tmp_path):
    before = train(RECIPE, squares, validation, tmp_path / "first")
    further = dataclasses.replace(RECIPE, init=str(tmp_path / "first"), steps=1)
    after = train(further, squares, validation, tmp_path / "second")
    assert after["linear_psnr_video"] == pytest.approx(before["psnr_video"], abs=1e-4)
    other = dataclasses.replace(further, model=AutoencoderConfig(base_width=8))
    with pytest.raises(WrongModelError, match="asks for"):
        train(other, squares, validation, tmp_path / "third")


def test_a_decoder_is_trained_alone_beside_an_encoder_that_stays(validation, tmp_path):
    train(RECIPE, squares, validation, tmp_path / "first")
    init = str(tmp_path / "first")
    train(dataclasses.replace(RECIPE, init=init, trains="decoder", seed=1), squares, validation, tmp_path / "second")
    first, second = (load_file(tmp_path / name / "model.safetensors") for name in ("first", "second"))
    same = {name for name in first if torch.equal(first[name], second[name])}
    assert {name for name in first if not name.startswith("decoder.")} <= same
    assert any(name.startswith("decoder.") for name in set(first) - same)


def test_a_decoder_is_not_trained_without_an_encoder(validation, tmp_path):
    with pytest.raises(WrongModelError, match="init"):
        train(dataclasses.replace(RECIPE, trains="decoder"), squares, validation, tmp_path)


def test_the_starter_is_what_the_demo_begins_with():
    recipe = demo().autoencoder
    starter = load_autoencoder(start_of(recipe.init))
    assert starter.config == recipe.model
    assert starter.latent_std.min() > 0.1
    clip = torch.zeros(1, 3, 8, 16, 16)
    clip[..., 8:] = 0.5
    with torch.inference_mode():
        assert psnr(starter.decode(starter.encode(clip)), clip) > 25
