import json

import onnxruntime
import pytest
import torch

from models.codec import AudioCodec, WrongModelError, load_codec
from models.codec.network import HOP
from models.recipes import CodecConfig


def noise(*shape):
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def shaken():
    """A codec none of whose layers is zero."""
    generator = torch.Generator().manual_seed(1)
    codec = AudioCodec(CodecConfig(width=16, blocks=1))
    with torch.no_grad():
        for parameter in codec.parameters():
            parameter.add_(0.02 * torch.randn(parameter.shape, generator=generator))
    codec.set_statistics(torch.randn(100, 128, generator=generator) * 2 + 1)
    return codec.eval().requires_grad_(requires_grad=False)


@pytest.mark.parametrize(("samples", "frames"), [(1, 1), (1920, 1), (1921, 2), (48_000, 25)])
def test_a_latent_frame_stands_for_exactly_one_hop(samples, frames):
    codec = shaken()
    latent = codec.encode(noise(2, samples))
    assert latent.shape == (2, frames, 128)
    assert codec.decode(latent).shape == (2, frames * 1920)


def test_roots_of_coefficients_give_back_the_waveform():
    sound = noise(2, 5 * HOP)
    codec = shaken()
    torch.testing.assert_close(codec.waveform(codec.coefficients(sound)), sound, atol=1e-5, rtol=0)


def test_silence_fills_the_last_frame():
    codec, sound = shaken(), noise(1, HOP + 5)
    filled = torch.cat([sound, torch.zeros(1, HOP - 5)], dim=1)
    assert torch.equal(codec.encode(sound), codec.encode(filled))


def test_a_changed_latent_frame_fades_into_its_neighbours_instead_of_clicking():
    codec = AudioCodec(CodecConfig(width=16, blocks=1)).eval().requires_grad_(requires_grad=False)
    low = torch.zeros(1, 6, HOP)
    low[0, 3, 5] = 1.0  # one block of a low tone
    wave = codec.waveform(low)[0]
    step = wave.diff().abs()
    borders = step[[3 * HOP - 1, 4 * HOP - 1]]
    assert borders.max() <= step.max()
    assert wave[: 2 * HOP + HOP // 2].abs().max() < 1e-5
    assert step.max() < 0.02 * wave.abs().max()


def test_statistics_make_latents_zero_mean_and_unit_deviation():
    codec, sound = shaken(), noise(8, 10 * HOP)
    codec.set_statistics(codec.posterior(codec.coefficients(sound)).mean.flatten(0, 1))
    rows = codec.encode(sound).flatten(0, 1)
    torch.testing.assert_close(rows.mean(0), torch.zeros(128), atol=1e-4, rtol=0)
    torch.testing.assert_close(rows.std(0), torch.ones(128), atol=1e-4, rtol=0)


def test_a_saved_codec_loads_as_it_was(tmp_path):
    codec = shaken()
    codec.save(tmp_path)
    loaded = load_codec(tmp_path)
    assert loaded.config == codec.config
    for name, value in codec.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name


def test_a_folder_of_another_kind_is_refused(tmp_path):
    shaken().save(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"kind": "autoencoder", "model": {}}))
    with pytest.raises(WrongModelError, match="autoencoder"):
        load_codec(tmp_path)


def test_the_exported_decoder_computes_the_same_at_any_length(tmp_path):
    codec = shaken()

    class Graph(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.codec = codec

        def forward(self, latent):
            return self.codec.decode(latent)

    dynamic = {"latent": {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}}
    traced = torch.export.export(Graph().eval(), (noise(2, 5, 128),), dynamic_shapes=dynamic, strict=False)
    torch.onnx.export(traced, dynamo=True, opset_version=23, optimize=False).save(tmp_path / "decode.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "decode.onnx", providers=["CPUExecutionProvider"])
    for frames in (1, 2, 25):
        latent = noise(1, frames, 128)
        (result,) = session.run(None, {"latent": latent.numpy()})
        torch.testing.assert_close(torch.from_numpy(result), codec.decode(latent), atol=1e-4, rtol=1e-4)
