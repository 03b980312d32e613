import numpy as np
import pytest

from models.recipes import AUDIO_RATE, FPS
from serving.features import video_features


def test_its_defaults_are_the_recipes_rates():
    assert (FPS, AUDIO_RATE) == (16, 25)


def test_a_latent_that_is_linear_in_time_gives_features_linear_in_seconds():
    centres = (np.arange(8) + 0.5) * 8 / 16
    latent = np.broadcast_to(centres[None, :, None, None], (16, 8, 4, 6))
    times = (np.arange(100) + 0.5) / 25
    expected = np.clip(times, centres[0], centres[-1])
    np.testing.assert_allclose(video_features(latent, 100), expected[:, None].repeat(64, 1), atol=1e-6)


def test_each_cell_is_the_mean_of_its_quadrant():
    latent = np.random.default_rng(0).normal(size=(16, 1, 8, 14))
    features = video_features(latent, 3).reshape(3, 16, 2, 2)
    np.testing.assert_allclose(features[1, 5, 1, 0], latent[5, 0, 4:, :7].mean(), rtol=1e-5)
    np.testing.assert_allclose(features[2, 9, 0, 1], latent[9, 0, :4, 7:].mean(), rtol=1e-5)


@pytest.mark.parametrize("size", [(8, 14), (7, 5), (2, 2)])
def test_a_batch_gives_what_its_members_give(size):
    latent = np.random.default_rng(1).normal(size=(3, 16, 5, *size)).astype(np.float32)
    together = video_features(latent, 37)
    assert together.shape == (3, 37, 64)
    for one, features in zip(latent, together, strict=True):
        np.testing.assert_array_equal(video_features(one, 37), features)


def test_features_do_not_depend_on_how_long_the_audio_goes_on():
    latent = np.random.default_rng(2).normal(size=(16, 4, 4, 4))
    np.testing.assert_array_equal(video_features(latent, 50)[:20], video_features(latent, 20))
