from dataclasses import replace

import numpy as np
import pytest
import torch

from assets.starter.degrading import degraded, shrunk
from assets.starter.pairs import Pairs
from assets.starter.upsampler import RECIPE, train
from assets.starter.upsampling import compared, held_out, lettered, plain, psnr, upsampler
from models.upsampler.config import UpsamplerConfig

SMALL = replace(
    RECIPE,
    model=UpsamplerConfig((4, 6, 8), 1, 8),
    pieces=3,
    side=16,
    frames=2,
    batch_size=2,
    steps=4,
    warmup=1,
    checkpoint_every=2,
)


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(tmp_path):
    whole = train(SMALL, tmp_path / "whole")

    class Stopped(RuntimeError):
        """As a kill in the middle."""

    def stop(step, steps, terms):
        raise Stopped

    with pytest.raises(Stopped):
        train(replace(SMALL, checkpoint_every=2), tmp_path / "parts", stop)
    again = train(SMALL, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_pairs_are_a_function_of_the_generator_and_lie_on_each_other():
    pairs = Pairs(2, 4)
    first, again = (pairs(np.random.default_rng(3), 24, 6) for _ in range(2))
    assert first.small.shape == (6, 2, 24, 24, 3)
    assert first.sharp.shape == (6, 2, 48, 48, 3)
    assert np.array_equal(first.small, again.small)
    for small, sharp in zip(first.small, first.sharp, strict=True):
        halved = sharp.reshape(2, 24, 2, 24, 2, 3).mean(axis=(2, 4))
        assert np.abs(halved - small).mean() < 12


def test_a_quarter_of_the_pieces_are_under_a_word():
    pairs = Pairs(2, 8)
    assert [pairs._spec(index).text is not None for index in range(8)] == 2 * [False, False, False, True]


def test_degrading_halves_a_clip_and_spoils_it_more_than_resizing():
    clip = next(held_out(1, frames=4)).sharp
    spoiled, clean = [], []
    for seed in range(8):
        for make, found in ((degraded, spoiled), (shrunk, clean)):
            small = make(clip, np.random.default_rng(seed))
            assert small.shape == (4, 64, 64, 3)
            assert small.dtype == np.uint8
            found.append(psnr(plain("lanczos")(small), clip))
    assert np.mean(spoiled) < np.mean(clean) - 1
    assert np.array_equal(degraded(clip, np.random.default_rng(1)), degraded(clip, np.random.default_rng(1)))


def test_the_packaged_upsampler_beats_plain_resizing_on_clips_that_it_never_saw():
    ours = upsampler()
    gains = {"shrunk": [], "degraded": [], "coded": []}
    for shown in held_out(4, frames=8):
        best = max(psnr(plain(name)(shown.small), shown.sharp) for name in ("bicubic", "lanczos"))
        gains[shown.way].append(psnr(ours(shown.small), shown.sharp) - best)
    assert np.mean(gains["shrunk"]) > 0.5
    assert np.mean(gains["degraded"]) > 0.1
    assert np.mean(gains["coded"]) > -0.05  # of four clips; of many it is a tenth of a decibel


def test_figures_compare_clip_by_clip_with_an_interval():
    done = []
    figures = compared(held_out(2), {"ours": plain("lanczos"), "lanczos": plain("lanczos")}, done.append)
    assert figures["small_clips"] == len(done) == 6
    assert figures["all_psnr_ours"] == figures["all_psnr_lanczos"] > 25
    assert figures["all_psnr_over_lanczos"] == figures["all_psnr_over_lanczos_high"] == 0
    assert figures["all_object_sharp_low"] <= figures["all_object_sharp"] <= figures["all_object_sharp_high"]


def test_words_are_read_in_the_sharp_scene_and_not_where_they_are_lost():
    figures = compared(
        lettered(2), {"ours": lambda small: 0 * plain("lanczos")(small), "lanczos": plain("lanczos")}, lambda done: None
    )
    assert figures["small_clips"] == 4
    assert figures["shrunk_words_sharp"] == figures["degraded_words_sharp"] == 1.0
    assert figures["all_words_ours"] == 0.0
    assert figures["all_words_over_lanczos"] == -figures["all_words_lanczos"]
    assert "all_object_ours" not in figures
