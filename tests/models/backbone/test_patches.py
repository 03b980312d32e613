import torch
from torch import nn

from models.backbone.patches import from_patches, to_patches


def test_a_linear_map_of_patches_is_the_strided_convolution():
    latent = torch.randn(2, 4, 3, 6, 8)
    convolution = nn.Conv3d(4, 5, kernel_size=(1, 2, 2), stride=(1, 2, 2), bias=False)
    expected = convolution(latent).flatten(2).transpose(1, 2)
    got = nn.functional.linear(to_patches(latent, 2), convolution.weight.flatten(1))
    torch.testing.assert_close(got, expected)


def test_from_patches_inverts_to_patches():
    latent = torch.randn(2, 4, 3, 6, 8)
    assert torch.equal(from_patches(to_patches(latent, 2), (3, 3, 4), 2), latent)
