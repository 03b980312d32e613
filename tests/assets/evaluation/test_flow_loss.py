"""Validation flow loss beside its controls, on data whose captions say what the latents are."""

from dataclasses import replace

import pytest
import torch
from safetensors.torch import save_file

from assets.evaluation.evidence import Evidence
from assets.evaluation.flow_loss import NothingToValidate, audio_losses, video_losses
from assets.evaluation.policy import REQUIRED_GATES, decide
from models.audio import AudioBackbone
from models.backbone import Backbone
from models.files import sha256_file, write_json
from models.flow import flow_loss
from models.recipes import AudioConfig, BackboneConfig
from models.training.texts import text_of
from tests.models.texts import named, random_text, text_config

CONFIG = BackboneConfig(
    layers=1, width=32, ffn=64, heads=2, latent_channels=4, text=text_config(8), positions=(2, 2, 2)
)
AUDIO = AudioConfig(
    layers=1, width=32, ffn=64, heads=2, audio_channels=4, video_channels=8, text=text_config(8), positions=8
)


def samples(count, shape, seed):
    """Latents whose mean is +-1 as the first text channel says."""
    generator = torch.Generator().manual_seed(seed)
    sign = torch.arange(count) % 2 * 2.0 - 1
    text = random_text(count, 3, CONFIG.text, generator)
    for states, _ in text:
        states[:] = 0
        states[:, :, 0] = sign[:, None]
    noise = 0.2 * torch.randn((count, *shape), generator=generator)
    return {
        "latent": noise + sign.reshape(-1, *[1] * len(shape)),
        **named(text),
    }


def write_index(folder, group, tensors, split="validation"):
    folder.mkdir(exist_ok=True)
    save_file(
        {name: value.half() if value.is_floating_point() else value for name, value in tensors.items()},
        folder / "shard-0.safetensors",
    )
    null = {name: value[0].clone() for name, value in named(random_text(1, 3, CONFIG.text)).items()}
    save_file(null, folder / "null.safetensors")
    shard = {
        "file": "shard-0.safetensors",
        "sha256": sha256_file(folder / "shard-0.safetensors"),
        "group": group,
        "split": split,
        "bucket": list(tensors["latent"].shape[2:]),
        "count": len(tensors["latent"]),
    }
    write_json(folder / "index.json", {"shards": [shard]})
    return folder


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def trained():
    torch.manual_seed(1)
    model = Backbone(CONFIG)
    data = samples(32, (4, 2, 4, 4), seed=1)
    optimiser = torch.optim.AdamW(model.parameters(), 5e-3)
    for _ in range(60):
        times, noise = torch.rand(32), torch.randn_like(data["latent"])
        loss = flow_loss(
            lambda position, at: model(position, at, text_of(data)),
            data["latent"],
            times,
            noise,
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


@pytest.fixture
def latents(tmp_path):
    return write_index(tmp_path / "latents", "video-low", samples(16, (4, 2, 4, 4), seed=2))


def shuffled(model):
    """The same network with the values of every weight tensor in random order."""
    broken = Backbone(CONFIG)
    generator = torch.Generator().manual_seed(0)
    broken.load_state_dict(
        {
            name: value.flatten()[torch.randperm(value.numel(), generator=generator)].reshape(value.shape)
            for name, value in model.state_dict().items()
        }
    )
    return broken.eval()


def evidence_of(losses):
    return Evidence(
        bundle_digest="d",
        protocol="p",
        parity={"backbone": 0.0},
        parity_tolerance=1e-3,
        safety=dict.fromkeys(REQUIRED_GATES, True),
        loss=losses.model,
        loss_untrained=losses.untrained,
        loss_shuffled=losses.exchanged,
        scores={"a": 1.0},
    )


def test_a_trained_model_beats_an_untrained_one_and_itself_with_exchanged_captions(trained, latents):
    losses = video_losses(trained, latents, ["video-low"])
    assert losses.model < losses.exchanged
    assert losses.model < losses.untrained
    assert losses.samples == 16
    assert decide(evidence_of(losses), None, intact="d").promote


def test_a_challenger_with_shuffled_weights_is_refused(trained, latents):
    losses = video_losses(shuffled(trained), latents, ["video-low"])
    decision = decide(evidence_of(losses), None, intact="d")
    assert not decision.promote
    assert any("untrained" in failure for failure in decision.failures)


def test_the_loss_is_the_same_every_time(trained, latents):
    first, second = (video_losses(trained, latents, ["video-low"]) for _ in range(2))
    assert first == second


def test_an_exact_velocity_field_has_a_loss_that_theory_gives(latents):
    class Zero(torch.nn.Module):
        config = CONFIG

        def __init__(self, _config=CONFIG):
            super().__init__()

        def forward(self, latent, *_conditions):
            return torch.zeros_like(latent)

    losses = video_losses(Zero(), latents, ["video-low"])
    # E (X_1 - X_0)^2 = mean^2 + variance of data + variance of noise.
    assert losses.model == pytest.approx(1 + 0.2**2 + 1, rel=0.05)
    assert losses.model == losses.untrained == losses.exchanged


def test_training_samples_are_never_validated_on(trained, tmp_path):
    folder = write_index(tmp_path / "only-train", "video-low", samples(4, (4, 2, 4, 4), 3), split="train")
    with pytest.raises(NothingToValidate, match="video-low"):
        video_losses(trained, folder, ["video-low"])


def test_the_audio_model_is_compared_with_exchanged_videos(tmp_path):
    tensors = {**samples(4, (8, 4), 4), "video": torch.randn(4, 8, 8)}
    folder = write_index(tmp_path / "audio", "audio", tensors)
    torch.manual_seed(0)
    model = AudioBackbone(replace(AUDIO)).eval()
    with torch.no_grad():
        for value in model.parameters():
            value.add_(0.05 * torch.randn_like(value))
    losses = audio_losses(model, folder)
    assert losses.model != losses.exchanged
