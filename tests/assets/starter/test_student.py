from dataclasses import replace

import pytest
import torch

from assets.starter.student import RECIPE, paths, train
from models.backbone import Backbone, save_backbone
from models.distillation import KEPT, STUDENTS, guided_path
from models.recipes import BackboneConfig
from models.training.shards import open_shards
from models.training.texts import text_of

MODEL = BackboneConfig(layers=1, width=32, ffn=48, heads=2)


@pytest.fixture
def recipe(tmp_path):
    torch.manual_seed(0)
    teacher = Backbone(MODEL)
    torch.nn.init.normal_(teacher.head.linear.weight, std=0.1)
    save_backbone(teacher, tmp_path / "teacher")
    return replace(
        RECIPE, teacher=tmp_path / "teacher", paths=4, rank=4, steps=6, batch=3, warmup=1, checkpoint_every=2
    )


def test_a_training_that_is_stopped_goes_on_to_the_same_weights(recipe, tmp_path):
    whole = train(recipe, tmp_path / "whole")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "paths").symlink_to(tmp_path / "whole" / "paths")

    class Stopped(RuntimeError):
        """As a kill in the middle."""

    def stop(step, steps, terms):
        if terms:
            raise Stopped

    with pytest.raises(Stopped):
        train(recipe, tmp_path / "parts", stop)
    again = train(recipe, tmp_path / "parts")
    for name, value in whole.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name
    STUDENTS.save(again, recipe.teacher, recipe.rank, tmp_path / "student")
    assert STUDENTS.load(tmp_path / "student", recipe.teacher).config.span


def test_paths_are_those_of_the_teacher_and_none_is_like_another(recipe, tmp_path):
    from models.backbone import load_backbone

    shards = open_shards(paths(recipe, tmp_path / "paths"))
    (bucket,) = shards.group("video-low", "train")
    rows = bucket.gather([0, 1, 2, 3])
    assert rows["path"].shape == (4, len(KEPT) - 1, 16, 4, 8, 8)
    noise = rows["path"][:, 0]
    assert abs(float(noise.std()) - 1) < 0.05
    null = {name: value.expand(4, *value.shape) for name, value in shards.null.items()}
    again = guided_path(load_backbone(recipe.teacher), noise, text_of(rows), text_of(null), recipe.guidance)
    torch.testing.assert_close(again[:, -1], rows["latent"], atol=0.05, rtol=0.05)
    assert float((rows["latent"][0] - rows["latent"][1]).abs().mean()) > 0.1
