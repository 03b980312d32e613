import dataclasses

import numpy as np
import pytest
import torch

from models.autoencoder import TemporalAutoencoder
from models.autoencoder.inflation import NoImageModel, inflate
from models.autoencoder.train import train
from models.recipes import AutoencoderConfig, AutoencoderRecipe

SMALL = AutoencoderConfig(base_width=4, blocks=(1, 1, 1), decoder_blocks=(1, 1, 1), temporal=False)


def image_model():
    """An image autoencoder whose every weight is awake."""
    generator = torch.Generator().manual_seed(1)
    model = TemporalAutoencoder(SMALL)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    model.set_statistics(torch.randn(100, 16, generator=generator) * 2 + 1)
    return model.eval().requires_grad_(requires_grad=False)


def video(frames):
    return torch.rand(2, 3, frames, 16, 24, generator=torch.Generator().manual_seed(0)) * 2 - 1


def test_an_image_autoencoder_treats_every_frame_by_itself():
    model, clip = image_model(), video(3)
    latent = model.encode(clip)
    assert latent.shape == (2, 16, 3, 2, 3)
    decoded = model.decode(latent)
    for t in range(3):
        torch.testing.assert_close(latent[:, :, t : t + 1], model.encode(clip[:, :, t : t + 1]), atol=1e-5, rtol=1e-4)
        alone = model.decode(latent[:, :, t : t + 1])
        torch.testing.assert_close(decoded[:, :, t : t + 1], alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("frames", [1, 13, 24])
def test_an_inflated_model_encodes_and_decodes_every_eighth_frame_as_the_image_model_does(frames):
    image, clip = image_model(), video(frames)
    model = inflate(image).eval()
    expected = image.encode(clip[:, :, ::8])
    latent = model.encode(clip)
    torch.testing.assert_close(latent, expected, atol=1e-4, rtol=1e-4)
    repeated = image.decode(expected).repeat_interleave(8, dim=2)
    torch.testing.assert_close(model.decode(latent), repeated, atol=1e-4, rtol=1e-4)
    posterior = model.encoder(clip.permute(0, 2, 3, 4, 1))
    before = image.encoder(clip[:, :, ::8].permute(0, 2, 3, 4, 1))
    torch.testing.assert_close(posterior.logvar, before.logvar, atol=1e-4, rtol=1e-4)


def test_a_video_model_is_not_inflated():
    with pytest.raises(NoImageModel, match="temporal=False"):
        inflate(TemporalAutoencoder(dataclasses.replace(SMALL, temporal=True)))


def noise(generator, frames, crop, batch):
    return generator.integers(0, 256, (batch, frames, crop, crop, 3)).astype(np.uint8)


def test_training_starts_from_the_image_model_that_the_recipe_names(tmp_path):
    images = AutoencoderRecipe(model=SMALL, steps=2, batch_size=1, crop=16, frames=1, video_batches_per_image_batch=0)
    clips = list(noise(np.random.default_rng(9), 8, 16, 2))
    before = train(images, noise, clips, tmp_path / "image")
    videos = dataclasses.replace(
        images,
        model=dataclasses.replace(SMALL, temporal=True),
        init=str(tmp_path / "image"),
        frames=8,
        video_batches_per_image_batch=3,
    )
    after = train(videos, noise, clips, tmp_path / "video")
    assert after["linear_psnr_image"] == pytest.approx(before["psnr_image"], abs=1e-3)
