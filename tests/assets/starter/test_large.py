from dataclasses import replace

import pytest
import torch

from assets.starter.large import RECIPE, train
from assets.starter.latents import LARGE, VIDEOS, parts
from models import distillation
from models.backbone import Backbone, save_backbone
from models.recipes import STARTER_BACKBONE, BackboneConfig, demo
from models.starter import CHANGES
from models.training.shards import open_shards

MODEL = BackboneConfig(layers=1, width=32, ffn=48, heads=2)


@pytest.fixture
def recipe(tmp_path):
    torch.manual_seed(0)
    teacher = Backbone(MODEL)
    torch.nn.init.normal_(teacher.head.linear.weight, std=0.1)
    save_backbone(teacher, tmp_path / "teacher")
    small = {"videos": 5, "small": 2, "small_every": 3, "rank": 4, "steps": 4, "batch": 1, "checkpoint_every": 2}
    return replace(RECIPE, teacher=tmp_path / "teacher", **small)


def test_a_network_learns_at_every_high_size_and_keeps_its_small_one(recipe, tmp_path):
    told = []
    model = train(recipe, tmp_path / "work", lambda step, steps, terms: told.append(set(terms)))
    assert told == [{"loss", "small"}]
    before = distillation.LARGE.started(recipe.teacher, recipe.rank)
    for name in ("time_TD", "height_HD", "width_WD"):
        assert not torch.equal(getattr(model.positions, name), getattr(before.positions, name))
    index = open_shards(tmp_path / "work/latents/index.json")
    sizes = {bucket.size for bucket in index.group(LARGE, "train")}
    assert sizes == {(8, height // 8, width // 8) for height, width in demo().sizes_high}
    assert [bucket.size for bucket in index.group(VIDEOS, "train")] == [(4, 8, 8)]


def test_clips_are_shared_out_among_the_sizes_and_none_twice():
    planned = list(parts(demo().world, LARGE, "train", 12, 100))
    assert [(part.height, part.width) for part in planned] == list(demo().sizes_high)
    assert [len(part.clips) for part in planned] == [2, 2, 3, 2, 3]
    assert len({clip.seed for part in planned for clip in part.clips}) == 12


def test_the_packaged_one_covers_the_demos_sizes():
    model = distillation.LARGE.load(CHANGES["large"], CHANGES["large"].parent / "backbone")
    profile = demo()
    heights, widths = zip(*profile.sizes_high, strict=True)
    assert model.config == replace(
        STARTER_BACKBONE, positions=(profile.frames_high // 8, max(heights) // 16, max(widths) // 16)
    )
