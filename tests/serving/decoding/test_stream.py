import numpy as np
import pytest
import torch

from models.autoencoder import TemporalAutoencoder
from models.autoencoder.tiling import Tiling
from models.autoencoder.tiling import decode as torch_decode
from models.recipes import AutoencoderConfig
from serving.clip import to_pixels
from serving.decoding.stream import PIECE, picture, stream
from serving.decoding.tiles import Tiles
from serving.errors import RequestRefused


class Nearest:
    """Repeats the first three channels; remembers the shape of each call."""

    def __init__(self):
        self.shapes = []

    def __call__(self, *, latent):
        self.shapes.append(latent.shape[2:])
        return latent[:, :3].repeat(8, axis=2).repeat(8, axis=3).repeat(8, axis=4)


def latent(*shape):
    return np.random.default_rng(0).uniform(-1, 1, (16, *shape)).astype(np.float32)


def joined(pieces):
    return np.concatenate(list(pieces))


@pytest.mark.parametrize("tiles", [Tiles(), Tiles(16, 8), Tiles(16, 8, 32, 8), Tiles(8, 0, 24, 16)])
@pytest.mark.parametrize("frames", [1, 8, 13, 100])
def test_tiles_of_a_decoder_that_sees_one_position_give_what_the_whole_gives(tiles, frames):
    z = latent(-(-frames // 8), 5, 9)
    pieces = list(stream(Nearest(), z, frames, tiles))
    assert max(len(piece) for piece in pieces) <= PIECE
    found, whole = joined(pieces), to_pixels(Nearest()(latent=z[None])[0])[:frames]
    assert found.shape == whole.shape
    assert np.abs(found.astype(int) - whole).max() <= 1  # weights sum to one up to rounding


@pytest.mark.parametrize("frames", [30, 96, 101])
def test_streams_agree_with_the_tiling_of_torch(frames):
    torch.manual_seed(1)
    model = TemporalAutoencoder(AutoencoderConfig(base_width=4)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
    z = latent(-(-frames // 8), 2, 2)
    expected = torch.cat(list(torch_decode(model, torch.from_numpy(z)[None], frames, Tiling())), dim=2)[0]
    with torch.inference_mode():
        found = joined(stream(lambda *, latent: model.decode(torch.from_numpy(latent)).numpy(), z, frames))
    assert np.abs(found.astype(int) - to_pixels(expected.numpy())).max() <= 1


def test_a_tile_is_decoded_only_when_its_frames_are_asked_for():
    decode = Nearest()
    pieces = stream(decode, latent(32, 2, 2), 256)
    assert decode.shapes == []
    next(pieces)
    assert decode.shapes == [(4, 2, 2)]
    assert sum(len(piece) for piece in pieces) == 256 - PIECE
    assert decode.shapes == [(4, 2, 2)] * 15


def test_tiles_of_the_picture_are_all_of_one_size():
    decode = Nearest()
    picture(decode, latent(2, 5, 9), Tiles(16, 8, 32, 8))
    assert decode.shapes == [(2, 4, 4)] * 2 * 3


def test_neighbouring_tiles_fade_into_each_other():
    levels = iter((-1.0, 1.0))

    def decode(*, latent):
        return np.full((1, 3, *(8 * size for size in latent.shape[2:])), next(levels), np.float32)

    row = picture(decode, latent(1, 2, 3), Tiles(8, 0, 16, 8))[0, 0, 0]
    np.testing.assert_allclose(row[:8], -1, atol=1e-6)
    np.testing.assert_allclose(row[8:16], -1 + 2 * np.array([0, 0, 0.2, 0.4, 0.6, 0.8, 1, 1]), atol=1e-6)
    np.testing.assert_allclose(row[16:], 1, atol=1e-6)


@pytest.mark.parametrize("sizes", [(30, 16), (32, 32), (32, 12), (16, 8, 60), (16, 8, 64, 64), (16, 8, 64, 4)])
def test_tiles_that_cut_latent_positions_or_never_get_on_are_refused(sizes):
    with pytest.raises(RequestRefused, match="Tiles"):
        Tiles(*sizes)
