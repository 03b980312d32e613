from dataclasses import replace

import numpy as np
import torch

from assets.starter.autoencoder import RECIPE, CornerClips, held_out
from assets.starter.round_trip import figures, psnr, through
from models.autoencoder import TemporalAutoencoder
from models.recipes import AutoencoderConfig, demo

WORLD = demo().world


def test_pieces_are_a_function_of_the_generator_whatever_was_drawn_before():
    used = CornerClips(WORLD, 4, count=6)
    used(np.random.default_rng(5), 2, 32, 8)
    again = CornerClips(WORLD, 4, count=6)
    for frames in (1, 4):
        expected = again(np.random.default_rng(1), frames, 32, 6)
        assert expected.shape == (6, frames, 32, 32, 3)
        assert np.array_equal(used(np.random.default_rng(1), frames, 32, 6), expected)


def test_the_starter_fits_eight_megabytes_of_bfloat16():
    model = TemporalAutoencoder(RECIPE.model)
    assert sum(value.numel() for value in model.state_dict().values()) * 2 <= 8e6


def test_captions_belong_to_their_clips_and_the_checkers_find_most_of_what_they_say():
    captions, clips = held_out(WORLD, 6)

    class Nothing(TemporalAutoencoder):
        """Loses nothing at all."""

        def encode(self, video):
            return video

        def decode(self, latent):
            return latent

    found = figures(Nothing(AutoencoderConfig(base_width=4)), captions, list(clips))
    assert found["clean_colour"] >= 0.5
    assert found["round_trip_all"] == found["clean_all"] > 0
    assert found["kept_all"] == 1.0
    assert found["round_trip_psnr"] == 100.0


def test_what_comes_back_is_what_the_model_decodes():
    model = TemporalAutoencoder(replace(AutoencoderConfig(), base_width=4)).eval()
    _, clips = held_out(WORLD, 1)
    (back,) = through(model, [clips[0][:13]])
    assert back.shape == (13, 64, 64, 3)
    with torch.inference_mode():
        pixels = torch.from_numpy(clips[0][:13]).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
        decoded = model.decode(model.encode(pixels))[0, :, :13].clamp(-1, 1).permute(1, 2, 3, 0)
    assert np.abs(back - ((decoded + 1) * 127.5).numpy()).max() <= 0.5 + 1e-3


def test_psnr_is_its_formula():
    clip = np.full((2, 4, 4, 3), 100, np.uint8)
    assert abs(psnr(clip + np.uint8(10), clip) - 20 * np.log10(25.5)) < 1e-9
