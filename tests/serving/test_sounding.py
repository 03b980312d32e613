from dataclasses import replace

import numpy as np
import pytest
import torch

from models.codec.network import AudioCodec
from models.recipes import CodecConfig
from serving.errors import RequestRefused
from serving.sampling.sampler import Overrides
from serving.shots import Shot

SHOTS = [Shot(seconds=4, prompt="a red ball"), Shot(seconds=6, prompt="a blue square", cut=True)]


@pytest.fixture
def latent():
    """Ten seconds whose second shot is brighter."""
    latent = np.zeros((16, 20, 8, 14), np.float32)
    latent[:, 8:] = 0.5
    return latent


def test_one_window_sounds_as_a_clip_does(pipeline, latent):
    shots, whole = SHOTS[:1], latent[:, :8]
    film = pipeline.sounding.of_film(whole, shots, pipeline.plan(shots), seed=3)
    np.testing.assert_array_equal(film, pipeline.sounding.of_clip(whole, "a red ball", 4.0, seed=3))


def test_each_shot_sounds_of_its_prompt_and_of_what_is_seen_then(pipeline, latent, value_of, monkeypatch):
    monkeypatch.setattr(
        pipeline, "config", pipeline.config.model_copy(update={"audio_sampler": pipeline.config.sampler})
    )
    seen = []
    sounding = pipeline.sounding
    listening = replace(sounding, flows=lambda **inputs: (seen.append(inputs), sounding.flows(**inputs))[1])
    film = listening.of_film(latent, SHOTS, pipeline.plan(SHOTS, window=4, overlap=2), seed=3)
    assert film.shape == (480_000,)
    assert film.dtype == np.float32
    assert {one["latent"].shape[1] for one in seen} == {50}, "no window is longer than the model's"
    assert {float(one["video"].max()) for one in seen} == {0.0, 0.5}, "no window reaches over the cut"
    middle = film[: 3 * 48_000].mean(), film[-3 * 48_000 :].mean()
    assert np.sign(middle[0] - middle[1]) == np.sign(value_of("a red ball") - value_of("a blue square") - 0.5)


def test_a_seed_gives_one_sound_and_another_another(pipeline, latent, shift_flow):
    sounding, plan = replace(pipeline.sounding, flows=shift_flow), pipeline.plan(SHOTS)
    first, again, other = (sounding.of_film(latent, SHOTS, plan, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_long_latents_are_decoded_in_pieces_as_they_are_whole(pipeline):
    torch.manual_seed(0)
    codec = AudioCodec(CodecConfig(width=16, blocks=2)).eval()
    for block in codec.decoder.blocks:
        torch.nn.init.normal_(block.out.weight, std=0.1)
    torch.nn.init.normal_(codec.decoder.leave.weight, std=0.1)
    lengths = []

    @torch.inference_mode()
    def decode(*, latent):
        lengths.append(latent.shape[1])
        return 0.01 * codec.decode(torch.from_numpy(latent)).numpy()

    audio = np.random.default_rng(0).standard_normal((700, 128), dtype=np.float32)
    pieces = replace(pipeline.sounding, decode=decode)._decoded(audio)
    assert max(lengths) < 300
    np.testing.assert_allclose(pieces, np.clip(decode(latent=audio[None])[0], -1, 1), atol=1e-5)
    assert np.abs(pieces).max() > 0.01


def test_what_is_no_request_is_refused(pipeline, latent):
    with pytest.raises(RequestRefused, match="negative"):
        pipeline.sounding.of_film(latent, SHOTS, pipeline.plan(SHOTS), seed=-1)
    with pytest.raises(RequestRefused, match="outside"):
        pipeline.sounding.of_clip(latent, "a ball", 601.0)
    with pytest.raises(RequestRefused, match="student"):
        pipeline.sounding.of_clip(latent, "a ball", 1.0, overrides=Overrides(student=4))
