from collections import defaultdict
from dataclasses import replace

import pytest
import torch

from assets.starter import backbone
from assets.starter.backbone import RECIPE, flow_terms, further, shown, train
from assets.starter.latents import HIGH, IMAGES, VIDEOS, encode, parts
from models.backbone import Backbone, save_backbone
from models.recipes import BackboneConfig, demo
from models.training.batches import Batches
from models.training.shards import open_shards
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
    recipe = replace(further(tmp_path), model=SMALL.model, images=4, videos=3, high=3, steps=0)
    for name, value in train(recipe, tmp_path / "later").state_dict().items():
        assert torch.equal(earlier.state_dict()[name], value), name


def test_each_group_is_walked_through_without_leaving_a_batch_out(tmp_path, monkeypatch):
    counts = {(group, "train"): 3 for group in (IMAGES, VIDEOS)}
    index = encode(tmp_path, demo().world, SMALL.model.text, counts)
    taken, asked = Batches.batch, defaultdict(list)

    def batch(self, step, *rest):
        asked[self.mix[0].group].append(step)
        return taken(self, step, *rest)

    monkeypatch.setattr(Batches, "batch", batch)
    loss = flow_terms(SMALL, Backbone(SMALL.model), index)
    for step in range(8):
        loss(step, Draw.of(0, step))
    assert asked == {IMAGES: [0, 1, 2, 3, 4], VIDEOS: [0, 1, 2]}


def test_images_come_first_then_each_group_in_turn(tmp_path):
    counts = {(group, "train"): 3 for group in (IMAGES, VIDEOS)}
    index = encode(tmp_path, demo().world, SMALL.model.text, counts)
    loss = flow_terms(SMALL, Backbone(SMALL.model), index)
    seen = [next(iter(loss(step, Draw.of(0, step)).keys() - {"loss"})) for step in range(10)]
    assert seen == [IMAGES, IMAGES, *[IMAGES, VIDEOS] * 4]


def test_videos_of_more_sizes_are_dealt_out_to_sizes_and_frame_rates():
    found = list(parts(demo().world, HIGH, "train", 12, rates=(16, 24)))
    sizes = ((64, 64), (64, 112), (112, 64))
    assert [(part.height, part.width, part.fps, len(part.clips)) for part in found] == [
        (*size, *dealt) for size in sizes for dealt in ((16, 3), (24, 1))
    ]
    assert {part.frames for part in found} == {64}
    assert len({part.name for part in found}) == len(found)


def test_a_training_further_learns_from_every_size(tmp_path):
    model = replace(SMALL.model, positions=RECIPE.model.positions)
    recipe = replace(further(tmp_path), model=model, images=4, videos=4, high=12, image_batch=2, video_batch=2)
    counts = {key: count for key, count in shown(recipe).items() if key[1] == "train"}
    index = encode(tmp_path, demo().world, model.text, counts, rates=demo().rates)
    buckets = open_shards(index).group(HIGH, "train")
    assert sorted((bucket.size, len(bucket)) for bucket in buckets) == [
        ((8, 8, 8), 4),
        ((8, 8, 14), 4),
        ((8, 14, 8), 4),
    ]
    loss = flow_terms(replace(recipe, high_batch=2), Backbone(model), index)
    terms = [loss(step, Draw.of(0, step)) for step in range(8)]
    assert [next(iter(found.keys() - {"loss"})) for found in terms] == [IMAGES, VIDEOS, HIGH, HIGH] * 2


def test_a_clip_at_the_second_frame_rate_has_other_frames_and_a_caption_that_says_so(tmp_path):
    shown = {}
    for rates in ((16,), (16, 24)):
        index = encode(tmp_path / str(rates), demo().world, SMALL.model.text, {(VIDEOS, "train"): 4}, rates=rates)
        (bucket,) = open_shards(index).group(VIDEOS, "train")
        shown[rates] = bucket.gather([0, 1, 2, 3])
    slow, fast = shown.values()
    for name in ("latent", "text_prompt"):
        same = [torch.equal(before, after) for before, after in zip(slow[name], fast[name], strict=True)]
        assert same == [True, True, True, False], name
