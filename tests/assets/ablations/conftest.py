import pytest

from assets.ablations.recipe import Recipe
from models.recipes import BackboneConfig


@pytest.fixture(scope="session")
def small():
    """A recipe of seconds: nothing good comes out."""
    return Recipe(
        model=BackboneConfig(layers=2, width=16, ffn=24, heads=2),
        images=4,
        videos=6,
        held_out=4,
        prompts=2,
        seeds=(0, 1),
        steps=4,
        image_steps=1,
        finetune_steps=2,
        image_batch=2,
        video_batch=2,
        warmup=1,
        sampling_steps=2,
        checkpoint_every=2,
    )


@pytest.fixture(scope="session")
def index(small, tmp_path_factory):
    """Its latents."""
    from assets.ablations.data import encoded

    return encoded(small, tmp_path_factory.mktemp("ablations") / "latents")
