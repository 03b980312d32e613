import numpy as np
import pytest
import scipy.fft
import torch

from models.codec.mdct import Mdct


def blocks(count, hop):
    return torch.randn(2, count, hop, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("hop", [16, 1920])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_the_inverse_gives_back_every_sample(hop, count):
    mdct, x = Mdct(hop), blocks(count, hop)
    torch.testing.assert_close(mdct.inverse(mdct(x)), x, atol=3e-5, rtol=0)


def test_it_keeps_energy():
    x = blocks(5, 64)
    torch.testing.assert_close(Mdct(64)(x).square().sum(), x.square().sum())


def test_inner_blocks_are_the_windowed_cosine_transform_of_twice_the_hop():
    hop, k = 32, 2
    x = blocks(5, hop)
    samples = x[0].double().numpy().ravel()[k * hop - hop // 2 : k * hop + 3 * hop // 2]
    n, q = np.arange(2 * hop), np.arange(hop)
    window = np.sin(np.pi * (n + 0.5) / (2 * hop))
    waves = np.cos(np.pi / hop * np.outer(q + 0.5, n - hop / 2 + 0.5))
    expected = np.sqrt(2 / hop) * waves @ (samples * window)
    np.testing.assert_allclose(Mdct(hop)(x)[0, k].numpy(), expected, atol=1e-5)


def test_a_lone_block_is_a_discrete_cosine_transform_of_type_four():
    x = blocks(1, 48)
    expected = scipy.fft.dct(x.numpy(), type=4, norm="ortho")
    np.testing.assert_allclose(Mdct(48)(x).numpy(), expected, atol=1e-5)


def test_a_steady_tone_stays_in_the_few_coefficients_around_its_frequency():
    hop, rate, frequency = 1920, 48_000, 1000.0
    tone = torch.sin(2 * torch.pi * frequency * torch.arange(10 * hop, dtype=torch.float64) / rate).float()
    energy = Mdct(hop)(tone.reshape(1, 10, hop))[0, 3:7].square()
    centre = round(frequency / (rate / 2) * hop)
    assert energy[:, centre - 6 : centre + 6].sum() > 0.999 * energy.sum()
