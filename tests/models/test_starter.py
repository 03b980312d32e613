import dataclasses

import pytest
import torch

from models.backbone import Backbone, initialise_from, load_backbone
from models.flow import validation_flow_loss
from models.recipes import PROFILES, STARTER_BACKBONE, TextConfig
from models.starter import BACKBONE
from models.text.encoders import load_encoders


@pytest.fixture(scope="module")
def starter():
    return load_backbone(BACKBONE)


def test_the_starter_is_of_the_sizes_that_the_recipes_name_and_fits_fifteen_megabytes(starter):
    assert starter.config == STARTER_BACKBONE
    assert (BACKBONE / "model.safetensors").stat().st_size <= 15e6


@pytest.mark.parametrize("name", [name for name, profile in PROFILES.items() if profile().backbone_init == "starter"])
def test_a_profile_that_begins_with_the_starter_can(name, starter):
    profile = PROFILES[name]()
    model = Backbone(dataclasses.replace(profile.backbone, positions=(8, 8, 8)))
    initialise_from(model, BACKBONE)
    latent, time = torch.randn(1, 16, 4, 8, 8), torch.full((1,), 0.5)
    text = tuple(
        (torch.zeros(1, 1, encoder.width), torch.ones(1, 1, dtype=torch.bool))
        for encoder in TextConfig().encoders.values()
    )
    torch.testing.assert_close(model.eval()(latent, time, text), starter(latent, time, text))


def test_smoke_begins_with_random_weights():
    assert PROFILES["smoke"]().backbone_init is None
    assert PROFILES["demo"]().backbone_init == "starter"


def test_the_starter_knows_held_out_clips_and_reads_their_captions(starter):
    from assets.starter.latents import VIDEOS, latents, parts
    from models.autoencoder import load_autoencoder
    from models.recipes import demo
    from models.starter import AUTOENCODER
    from models.text.tokens import prefixed

    (part,) = parts(demo().world, VIDEOS, "validation", 6, first=4096)
    latent = torch.from_numpy(latents(load_autoencoder(AUTOENCODER), list(part.clips))).float()
    encoded = [
        e.encode([prefixed(c.caption) for c in part.clips]) for e in load_encoders(STARTER_BACKBONE.text).values()
    ]
    text = [(torch.from_numpy(states), torch.from_numpy(mask)) for states, mask in encoded]

    def loss(model, text):
        return float(validation_flow_loss(lambda x, t: model(x, t, text), latent).mean())

    other = [(states.roll(1, 0), mask.roll(1, 0)) for states, mask in text]
    found = loss(starter, text)
    assert found < 0.5 * loss(Backbone(STARTER_BACKBONE).eval(), text)
    assert found < 0.8 * loss(starter, other)
