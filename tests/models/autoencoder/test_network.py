import json

import onnxruntime
import pytest
import torch

from models.autoencoder import TemporalAutoencoder, WrongModelError, load_autoencoder
from models.recipes import AutoencoderConfig

SMALL = AutoencoderConfig(base_width=4)


def clip(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0)) * 2 - 1


def shaken():
    """A model in which no kernel is the identity and no branch is zero."""
    generator = torch.Generator().manual_seed(1)
    model = TemporalAutoencoder(SMALL)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    model.set_statistics(torch.randn(100, 16, generator=generator) * 2 + 1)
    return model.eval().requires_grad_(requires_grad=False)


@pytest.mark.parametrize(("frames", "latents"), [(1, 1), (8, 1), (13, 2), (64, 8)])
def test_any_number_of_frames_goes_in_and_its_ceiling_over_eight_comes_out(frames, latents):
    model = shaken()
    latent = model.encode(clip(1, 3, frames, 16, 24))
    assert latent.shape == (1, 16, latents, 2, 3)
    decoded = model.decode(latent)
    assert decoded.shape == (1, 3, 8 * latents, 16, 24)
    assert decoded[:, :, :frames].shape[2] == frames


def test_a_clip_that_stands_still_has_a_latent_that_stands_still():
    model, image = shaken(), clip(1, 3, 1, 16, 16)
    still = model.encode(image.expand(-1, -1, 24, -1, -1))
    torch.testing.assert_close(still, model.encode(image).expand(-1, -1, 3, -1, -1), atol=1e-4, rtol=1e-4)


def test_statistics_make_latents_zero_mean_and_unit_deviation_and_decoding_undoes_them():
    model = shaken()
    video = clip(4, 3, 16, 32, 32)
    raw = model.encoder(video.permute(0, 2, 3, 4, 1)).mean
    model.set_statistics(raw.flatten(0, 3))
    latent = model.encode(video)
    rows = latent.transpose(0, 1).flatten(1)
    torch.testing.assert_close(rows.mean(1), torch.zeros(16), atol=1e-4, rtol=0)
    torch.testing.assert_close(rows.std(1), torch.ones(16), atol=1e-4, rtol=0)
    torch.testing.assert_close(model.decode(latent), model.decoder(raw).permute(0, 4, 1, 2, 3), atol=1e-4, rtol=1e-4)


def test_a_saved_model_loads_as_it_was(tmp_path):
    model = shaken()
    model.save(tmp_path)
    loaded = load_autoencoder(tmp_path)
    assert loaded.config == model.config
    assert not loaded.training
    for name, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name


def test_a_folder_of_another_kind_is_refused(tmp_path):
    shaken().save(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"kind": "codec", "model": {}}))
    with pytest.raises(WrongModelError, match="codec"):
        load_autoencoder(tmp_path)


@pytest.mark.parametrize("method", ["encode", "decode"])
def test_the_exported_graphs_compute_the_same_at_other_sizes_than_they_were_traced_at(method, tmp_path):
    model = shaken()

    class Graph(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, x):
            return getattr(self.model, method)(x)

    free = torch.export.Dim.DYNAMIC
    scale = 8 if method == "encode" else 1
    example = clip(2, 3, 16, 32, 48) if method == "encode" else clip(2, 16, 3, 4, 6)
    sides = {3: scale * torch.export.Dim("h"), 4: scale * torch.export.Dim("w")}
    shapes = {"x": {0: free, 2: free} | sides}
    traced = torch.export.export(Graph().eval(), (example,), dynamic_shapes=shapes, strict=False)
    torch.onnx.export(traced, dynamo=True, opset_version=23, optimize=False).save(tmp_path / "graph.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "graph.onnx", providers=["CPUExecutionProvider"])
    frame_counts = (1, 13, 16) if method == "encode" else (1, 2, 4)
    for frames in frame_counts:
        x = clip(1, 3, frames, 16, 24) if method == "encode" else clip(1, 16, frames, 2, 3)
        (result,) = session.run(None, {"x": x.numpy()})
        torch.testing.assert_close(torch.from_numpy(result), getattr(model, method)(x), atol=2e-4, rtol=2e-4)
