from dataclasses import replace

import numpy as np
import pytest
import torch

from assets.artifact import SCRATCH, Artifact
from assets.encoding.plan import Part
from assets.encoding.shards import INDEX, NULL, write_index, write_shard
from assets.student import GROUP, _distilled, student_is_near
from models.backbone import Backbone, load_backbone, save_backbone
from models.distillation import KEPT, STUDENTS, guided_path
from models.files import read_json, write_json
from models.recipes import BackboneConfig
from models.student_recipe import StudentRecipe
from models.text.config import TextConfig
from models.training.shards import open_shards
from models.training.texts import text_of

RECIPE = StudentRecipe(paths=5, held_out=3, rank=4, steps=6, batch=2, warmup=1, checkpoint_every=2)
SIZES = [(16, 32, 32), (16, 16, 32)]
GUIDANCE = 2.0


class Stopped(RuntimeError):
    """As a kill in the middle."""


def quiet(step, steps, terms):
    pass


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A teacher, and latents of three captions of each size and split."""
    root, random = tmp_path_factory.mktemp("student"), np.random.default_rng(0)
    torch.manual_seed(0)
    teacher = Backbone(BackboneConfig(layers=1, width=32, ffn=48, heads=2, positions=(2, 2, 2)))
    torch.nn.init.normal_(teacher.head.linear.weight, std=0.1)
    save_backbone(teacher, root / "teacher")

    def texts(*count):
        return {
            f"text_{role}{end}": value
            for role, encoder in TextConfig().encoders.items()
            for end, value in (
                ("", random.standard_normal((*count, 4, encoder.width)).astype(np.float16)),
                ("_mask", np.ones((*count, 4), np.uint8)),
            )
        }

    parts = [
        Part(GROUP, split, height, width, frames, ())
        for split in ("train", "validation")
        for frames, height, width in SIZES
    ]
    for part in parts:
        latent = np.zeros((3, 16, *part.latent_size), np.float16)
        write_shard(root / "latents" / part.name, {"latent": latent, **texts(3)})
    write_shard(root / "latents" / NULL, texts())
    write_index(root / "latents", parts, TextConfig())
    return root


def distilled(root, folder, told=quiet, recipe=RECIPE):
    return _distilled(folder, root / "teacher", root / "latents" / INDEX, recipe, GUIDANCE, start=False, told=told)


@pytest.fixture(scope="module")
def whole(root):
    return distilled(root, root / "whole")


def test_the_student_is_kept_with_how_near_it_comes(root, whole):
    folder = root / "whole"
    assert STUDENTS.load(folder, root / "teacher").config.span
    assert set(whole.metrics) == {f"{who}error_{steps}" for who in ("", "teacher_") for steps in (1, 2, 4)}
    assert read_json(folder / "figures.json") == whole.metrics
    assert all(path.exists() for path in (*whole.pictures, whole.history))
    assert whole.metrics["teacher_error_4"] < whole.metrics["teacher_error_1"]


def test_paths_are_the_teachers_over_all_sizes_and_of_captions_that_it_was_not_trained_with_to_judge(root, whole):
    shards = open_shards(root / "whole" / SCRATCH / "paths" / INDEX)
    sizes = {tuple(side // 8 for side in size) for size in SIZES}
    for split, count in (("train", RECIPE.paths), ("validation", RECIPE.held_out)):
        buckets = shards.group(GROUP, split)
        assert {bucket.size for bucket in buckets} == sizes
        assert sum(len(bucket) for bucket in buckets) == count
        captions = {bucket.size: bucket for bucket in open_shards(root / "latents" / INDEX).group(GROUP, split)}
        for bucket in buckets:
            rows, given = bucket.gather([0]), captions[bucket.size].gather([0])
            assert torch.equal(rows["text_prompt"], given["text_prompt"])
            null = {name: value[None] for name, value in shards.null.items()}
            teacher = load_backbone(root / "teacher")
            again = guided_path(teacher, rows["path"][:, 0], text_of(rows), text_of(null), GUIDANCE)
            assert again.shape[1] == len(KEPT)
            torch.testing.assert_close(again[:, -1], rows["latent"], atol=0.05, rtol=0.05)


def test_held_out_paths_begin_from_noise_that_was_not_trained_on(root, whole):
    shards = open_shards(root / "whole" / SCRATCH / "paths" / INDEX)
    trained, judged = (
        [noise for bucket in shards.group(GROUP, split) for noise in bucket.gather(list(range(len(bucket))))["path"]]
        for split in ("train", "validation")
    )
    for path in judged:
        assert not any(path.shape == other.shape and torch.equal(path[0], other[0]) for other in trained)


def test_a_distillation_that_is_killed_goes_on_to_the_same_student(root, whole):
    folder, seen = root / "parts", []

    def stop_after_two_shards(step, steps, terms):
        if step == 2:
            raise Stopped

    def stop_in_training(step, steps, terms):
        seen.append(terms)
        if terms:
            raise Stopped

    with pytest.raises(Stopped):
        distilled(root, folder, stop_after_two_shards)
    drawn = {path: path.stat().st_mtime_ns for path in (folder / SCRATCH / "paths").glob("shard-*")}
    assert len(drawn) == 2
    with pytest.raises(Stopped):
        distilled(root, folder, stop_in_training)
    again = distilled(root, folder)
    assert {path: path.stat().st_mtime_ns for path in drawn} == drawn
    assert again.metrics == whole.metrics
    for name in ("model.safetensors", "metrics.jsonl"):
        assert (folder / name).read_bytes() == (root / "whole" / name).read_bytes()


@pytest.mark.parametrize(
    ("steps", "error", "passed"), [(60, 0.2, True), (60, 0.6, False), (2, 0.6, True), (2, float("nan"), False)]
)
def test_one_jump_ends_nearer_than_one_step_of_the_teacher(tmp_path, steps, error, passed):
    figures = {f"{who}error_{number}": 0.5 for who in ("", "teacher_") for number in (1, 2, 4)} | {"error_1": error}
    write_json(tmp_path / "figures.json", figures)
    assert student_is_near(Artifact(tmp_path, "digest", {"steps": steps})).passed is passed


def test_another_seed_draws_other_paths(root, whole):
    other = replace(RECIPE, seed=1, paths=2, steps=2)
    distilled(root, root / "other", recipe=other)
    noises = [
        open_shards(root / name / SCRATCH / "paths" / INDEX).group(GROUP, "train")[0].gather([0])["path"][:, 0]
        for name in ("whole", "other")
    ]
    assert float((noises[0] - noises[1]).abs().mean()) > 0.5
