import torch

from models.autoencoder.layers import (
    AttentionBlock,
    Convolution,
    Downsample,
    ResidualBlock,
    SpatialConv,
    TemporalConv,
    Upsample,
    blocks_to_channels,
    channels_to_blocks,
)


def clip(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def shaken(module):
    """The module with every parameter moved, so that nothing is zero or the identity any more."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return module


def test_a_spatial_convolution_is_the_two_dimensional_convolution_of_every_frame():
    layer, x = SpatialConv(3, 5), clip(2, 4, 6, 8, 3)
    y = layer(x)
    for t in range(4):
        frame = x[:, t].permute(0, 3, 1, 2)
        expected = torch.nn.functional.conv2d(frame, layer.weight, layer.bias, padding=1).permute(0, 2, 3, 1)
        torch.testing.assert_close(y[:, t], expected)


def test_a_temporal_convolution_starts_as_the_identity():
    x = clip(2, 5, 3, 3, 4)
    torch.testing.assert_close(TemporalConv(4)(x), x)


def test_a_temporal_convolution_is_a_sum_over_the_neighbours_with_edge_frames_repeated():
    layer, x = shaken(TemporalConv(4)), clip(2, 5, 3, 3, 4)
    taps = layer.weight[..., 0]
    y = layer(x)
    for t in range(5):
        expected = layer.bias + sum(x[:, min(max(t + k - 1, 0), 4)] @ taps[:, :, k].T for k in range(3))
        torch.testing.assert_close(y[:, t], expected)


def test_a_strided_temporal_convolution_keeps_every_second_frame_of_the_plain_one():
    plain, strided = shaken(TemporalConv(4)), shaken(TemporalConv(4, stride=2))
    for frames in (1, 2, 5, 8):
        x = clip(1, frames, 2, 2, 4)
        torch.testing.assert_close(strided(x), plain(x)[:, ::2])


def test_two_phases_start_as_nearest_neighbour():
    x = clip(1, 3, 2, 2, 4)
    torch.testing.assert_close(TemporalConv(4, phases=2)(x), x.repeat_interleave(2, dim=1))


def test_two_phases_hold_nearest_neighbour_then_convolution_as_a_special_case():
    shared, layer, x = shaken(TemporalConv(4)), TemporalConv(4, phases=2), clip(1, 4, 2, 2, 4)
    w0, w1, w2 = shared.weight.detach()[..., 0].unbind(-1)
    zero = torch.zeros_like(w0)
    with torch.no_grad():
        even, odd = torch.stack([w0, w1 + w2, zero], -1), torch.stack([zero, w0 + w1, w2], -1)
        layer.weight.copy_(torch.cat([even, odd])[..., None])
        layer.bias.copy_(shared.bias.repeat(2))
    torch.testing.assert_close(layer(x), shared(x.repeat_interleave(2, dim=1)))


def test_channels_to_blocks_undoes_blocks_to_channels():
    x = clip(2, 6, 4, 8, 5)
    assert torch.equal(channels_to_blocks(blocks_to_channels(x)), x)


def test_an_odd_last_frame_is_repeated_in_its_block():
    x = clip(1, 3, 2, 2, 1)
    assert torch.equal(blocks_to_channels(x), blocks_to_channels(torch.cat([x, x[:, -1:]], dim=1)))


def test_residual_and_attention_blocks_start_as_the_identity():
    x = clip(2, 3, 4, 4, 8)
    torch.testing.assert_close(ResidualBlock(8)(x), x)
    torch.testing.assert_close(AttentionBlock(8)(x), x)


def test_attention_sees_all_positions_of_a_frame_and_all_frames_of_a_position():
    layer = shaken(AttentionBlock(8))
    x = clip(1, 3, 2, 2, 8).requires_grad_()
    layer(x)[0, 1, 0, 0].sum().backward()
    assert (x.grad.abs().sum(-1) > 0).all()


def test_downsampling_and_upsampling_change_sizes_by_two():
    assert Downsample(3, 6)(clip(2, 5, 8, 4, 3)).shape == (2, 3, 4, 2, 6)
    assert Upsample(6, 3)(clip(2, 3, 4, 2, 6)).shape == (2, 6, 8, 4, 3)


def test_every_two_dimensional_convolution_is_followed_by_a_temporal_one():
    layer, x = shaken(Convolution(3, 4)), clip(1, 3, 4, 4, 3)
    torch.testing.assert_close(layer(x), layer.time(layer.space(x)))
