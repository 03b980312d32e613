from dataclasses import replace

import pytest
import torch

from assets.starter import backbone
from assets.starter.backbone import RECIPE, flow_terms, further, train
from assets.starter.latents import IMAGES, VIDEOS, encode
from models.backbone import Backbone, save_backbone
from models.recipes import BackboneConfig, demo
from models.training.solo import Draw

SMALL = replace(
    RECIPE,
    model=BackboneConfig(layers=1, width=32, ffn=48, heads=2),
    images=4,
    videos=3,
    steps=6,
    image_steps=2,
    image_batch=3,
    video_batch=2,
    warmup=1,
    checkpoint_every=2,
)


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(backbone, "_SHOWN", 2)
    whole = train(SMALL, tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "latents").symlink_to(tmp_path / "whole" / "latents")

    class Stopped(RuntimeError):
        """As a kill in the middle."""

    def stop(step, steps, terms):
        raise Stopped

    with pytest.raises(Stopped):
        train(SMALL, tmp_path / "parts", stop)
    again = train(SMALL, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


def test_further_training_begins_with_the_weights_that_it_is_given(tmp_path, monkeypatch):
    monkeypatch.setattr(backbone, "_SHOWN", 2)
    earlier = train(replace(SMALL, steps=1, image_steps=1), tmp_path / "earlier")
    save_backbone(earlier, tmp_path)
    recipe = replace(further(tmp_path), model=SMALL.model, images=4, videos=3, steps=0)
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "latents").symlink_to(tmp_path / "earlier" / "latents")
    for name, value in train(recipe, tmp_path / "later").state_dict().items():
        assert torch.equal(earlier.state_dict()[name], value), name


def test_images_come_first_then_every_other_batch(tmp_path):
    counts = {(group, "train"): 3 for group in (IMAGES, VIDEOS)}
    index = encode(tmp_path, demo().world, SMALL.model.text, counts)
    loss = flow_terms(SMALL, Backbone(SMALL.model), index)
    seen = ["image" if "image" in loss(step, Draw.of(0, step)) else "video" for step in range(10)]
    assert seen == ["image", "image", *["image", "video"] * 4]
