import torch

from models.autoencoder import TemporalAutoencoder, pca
from models.recipes import AutoencoderConfig


def test_a_fitted_model_reproduces_clips_of_few_components_before_any_step():
    generator = torch.Generator().manual_seed(0)
    weights = torch.randn(24, 2, 2, 2, 6, generator=generator)  # clips, blocks, components
    basis = torch.randn(6, 8 * 8 * 8 * 3, generator=generator)
    blocks = (weights @ basis).unflatten(-1, (8, 8, 8, 3)) * 0.05
    clips = blocks.permute(0, 1, 4, 2, 5, 3, 6, 7).reshape(24, 16, 16, 16, 3)
    model = TemporalAutoencoder(AutoencoderConfig(base_width=24)).requires_grad_(requires_grad=False)
    pca.fit(model, clips)
    latent = model.encoder(clips).mean
    torch.testing.assert_close(model.decoder(latent), clips, atol=1e-3, rtol=1e-2)
    informative = latent.flatten(0, 3).std(0)[:6]
    torch.testing.assert_close(informative, torch.ones(6), atol=0.02, rtol=0)
