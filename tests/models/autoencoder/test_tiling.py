import itertools

import pytest
import torch

from models.autoencoder import TemporalAutoencoder
from models.autoencoder.inflation import inflate
from models.autoencoder.tiling import Tiling, WrongTiling, blended, decode, encode
from models.recipes import AutoencoderConfig


class Counting(TemporalAutoencoder):
    """Counts what is asked of it."""

    def __init__(self):
        super().__init__(AutoencoderConfig(base_width=4))
        self.tiles = []

    def encode(self, video):
        self.tiles.append(video.shape[2])
        return super().encode(video)

    def decode(self, latent):
        self.tiles.append(latent.shape[2])
        return super().decode(latent)


@pytest.fixture
def model():
    generator = torch.Generator().manual_seed(1)
    model = Counting().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return model


def clip(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def joined(pieces):
    return torch.cat(list(pieces), dim=2)


@pytest.mark.parametrize("frames", [1, 8, 13, 32, 33, 100])
def test_any_number_of_frames_goes_in_and_comes_out(model, frames):
    video = clip(1, 3, frames, 16, 16)
    for tiling in (Tiling(), Tiling(encoder_overlap=16, decoder_overlap=8), Tiling(16, 0, 0), Tiling(32, 24, 24)):
        latent = joined(encode(model, [video], tiling))
        assert latent.shape == (1, 16, -(-frames // 8), 2, 2)
        assert joined(decode(model, latent, frames, tiling)).shape == video.shape
        assert joined(decode(model, latent, tiling=tiling)).shape[2] == 8 * latent.shape[2]


def test_a_clip_of_one_tile_comes_out_as_it_does_whole(model):
    video = clip(1, 3, 30, 16, 16)
    latent = joined(encode(model, [video]))
    torch.testing.assert_close(latent, model.encode(video))
    torch.testing.assert_close(joined(decode(model, latent, 30)), model.decode(latent)[:, :, :30])


def test_a_clip_that_stands_still_comes_out_as_it_does_whole():
    generator = torch.Generator().manual_seed(1)
    image = TemporalAutoencoder(AutoencoderConfig(base_width=4, temporal=False))
    with torch.no_grad():
        for parameter in image.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    model = inflate(image).eval()  # it decodes a latent that stands still to frames that do
    still = clip(1, 3, 1, 16, 16).expand(-1, -1, 96, -1, -1)
    latent = joined(encode(model, [still], Tiling(encoder_overlap=8)))
    torch.testing.assert_close(latent, model.encode(still), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(joined(decode(model, latent)), model.decode(latent), atol=1e-4, rtol=1e-4)


def test_the_pieces_in_which_a_clip_arrives_do_not_matter(model):
    video = clip(1, 3, 70, 16, 16)
    for tiling in (Tiling(), Tiling(encoder_overlap=8)):
        whole = joined(encode(model, [video], tiling))
        for length in (1, 7, 40):
            assert torch.equal(joined(encode(model, video.split(length, dim=2), tiling)), whole)


def test_thirty_two_latents_are_decoded_in_fifteen_tiles_and_only_when_they_are_asked_for(model):
    pieces = decode(model, clip(1, 16, 32, 2, 2))
    assert model.tiles == []
    first = next(pieces)
    assert first.shape[2] == 16
    assert model.tiles == [4]
    assert sum(piece.shape[2] for piece in pieces) == 256 - 16
    assert model.tiles == [4] * 15


def test_encoding_reads_no_further_than_it_must(model):
    read = []

    def frames():
        for number in itertools.count():
            read.append(number)
            yield clip(1, 3, 1, 16, 16)

    next(encode(model, frames()))
    assert len(read) <= 34


def test_two_tiles_are_blended_linearly_within_what_they_share():
    first, second = torch.full((1, 1, 6, 1, 1), 1.0), torch.full((1, 1, 5, 1, 1), 7.0)
    found = joined(blended([first, second], 4)).flatten()
    torch.testing.assert_close(found, torch.tensor([1.0, 1.0, 1.0, 3.0, 5.0, 7.0, 7.0]))


def test_the_outer_quarters_of_an_overlap_are_context_alone():
    tiles = [clip(1, 1, 32, 1, 1), clip(1, 1, 32, 1, 1).clone()]
    found = joined(blended(tiles, 16))
    tiles[0][:, :, 28:], tiles[1][:, :, :4] = 9.0, 9.0
    torch.testing.assert_close(joined(blended(tiles, 16)), found, rtol=0, atol=0)


@pytest.mark.parametrize("numbers", [(30, 0, 16), (32, 4, 16), (32, 0, 32), (0, 0, 0)])
def test_tiles_that_cover_no_whole_latents_or_get_nowhere_are_refused(numbers):
    with pytest.raises(WrongTiling):
        Tiling(*numbers)
