from collections import defaultdict
from dataclasses import replace

import pytest
import torch

from assets.starter.known import RECIPE, known_terms, train
from assets.starter.latents import HIGH, VIDEOS, encode
from models.backbone import Backbone, save_backbone
from models.distillation import KNOWN_FRAMES
from models.recipes import BackboneConfig, demo
from models.training.batches import Batches
from models.training.shards import open_shards
from models.training.solo import Draw

MODEL = BackboneConfig(layers=1, width=32, ffn=48, heads=2, positions=(8, 7, 7))


@pytest.fixture
def recipe(tmp_path):
    torch.manual_seed(0)
    teacher = Backbone(MODEL)
    torch.nn.init.normal_(teacher.head.linear.weight, std=0.1)
    save_backbone(teacher, tmp_path / "teacher")
    small = {
        "videos": 4,
        "high": 3,
        "rank": 4,
        "steps": 6,
        "batch": 3,
        "high_batch": 1,
        "warmup": 1,
        "checkpoint_every": 2,
    }
    return replace(RECIPE, teacher=tmp_path / "teacher", **small)


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(recipe, tmp_path):
    whole = train(recipe, tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "latents").symlink_to(tmp_path / "whole" / "latents")

    class Stopped(RuntimeError):
        """As a kill in the middle."""

    def stop(step, steps, terms):
        raise Stopped

    with pytest.raises(Stopped):
        train(recipe, tmp_path / "parts", stop)
    again = train(recipe, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    KNOWN_FRAMES.save(again, recipe.teacher, recipe.rank, tmp_path / "known")
    assert KNOWN_FRAMES.load(tmp_path / "known", recipe.teacher).config.known


def test_the_ends_of_clips_are_encoded_by_themselves_and_what_is_known_whole_costs_nothing(
    recipe, tmp_path, monkeypatch
):
    counts = {(VIDEOS, "train"): 3, (HIGH, "train"): 3}
    index = encode(tmp_path, demo().world, MODEL.text, counts, start=7, ends=True)
    (bucket,) = open_shards(index).group(VIDEOS, "train")
    rows = bucket.gather([0, 1, 2])
    assert rows["first"].shape == rows["last"].shape == (3, 16, 8, 8)
    # A picture is not the eight frames that it begins, but it is near to them.
    assert 0 < float((rows["first"] - rows["latent"][:, :, 0]).abs().mean()) < 0.5

    class Blind(torch.nn.Module):
        """Says nothing; where frames are known whole, something that is far off."""

        def forward(self, latent, times, text, **given):
            return 1000 * given["known_BKTHW"][:, 16:17].expand_as(latent)

    taken, asked = Batches.batch, defaultdict(list)

    def batch(self, step, *rest):
        asked[self.mix[0].group].append(step)
        return taken(self, step, *rest)

    monkeypatch.setattr(Batches, "batch", batch)
    terms = known_terms(recipe, Blind(), index)
    losses = [float(terms(step, Draw.of(0, step))["loss"]) for step in range(12)]
    assert max(losses) < 10
    assert asked == {VIDEOS: list(range(6)), HIGH: list(range(6))}  # each is walked through, no batch left out
