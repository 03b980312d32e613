from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from assets.evaluation.prompts import Prompt
from assets.evaluation.serving_config import serving_config
from assets.evaluation.sight import Sight
from assets.starter.bundle import bundled
from models.autoencoder import TemporalAutoencoder
from models.backbone import Backbone, save_backbone
from models.distillation import KNOWN_FRAMES, STUDENTS
from models.distillation.lowrank import trained
from models.export.graphs import torch_graphs
from models.recipes import AutoencoderConfig, BackboneConfig, demo
from models.starter import AUTOENCODER
from models.text.encoders import save_tokenizers
from orchestration.benches.sampling import run
from orchestration.benches.sampling.measured import Measured, figures, interval, score, speedup
from orchestration.benches.sampling.options import (
    BASELINE,
    FAST,
    OPTIONS,
    SWITCHES,
    combinations,
    options_of,
    text_only,
    together,
)
from orchestration.benches.sampling.reuse import worst
from serving.pipeline import Pipeline
from serving.sampling.caching import Plan, calibrated
from serving.sampling.sampler import Overrides, Sampler

SMALL = BackboneConfig(layers=1, width=32, ffn=48, heads=2, positions=(8, 7, 7))
PROMPT = Prompt.of("a red ball rolls left on a blue background")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """The starter's parts behind a bundle's names, with a backbone at random; torch runs them."""
    folder = tmp_path_factory.mktemp("backbone")
    torch.manual_seed(0)
    save_backbone(Backbone(SMALL), folder)
    tokenizers = save_tokenizers(SMALL.text, folder)
    save_backbone(Backbone(replace(SMALL, span=True)), folder / "student")
    save_backbone(Backbone(replace(SMALL, known=True)), folder / "known")
    graphs = torch_graphs(
        {
            "backbone": folder,
            "student": folder / "student",
            "known_backbone": folder / "known",
            "autoencoder": AUTOENCODER,
        }
    )
    config = serving_config(demo()).model_copy(update={"sizes": {"1:1": (64, 64)}, "max_frames": 32})
    pipeline = Pipeline(graphs, tokenizers, config)
    table = calibrated(*pipeline.guided([PROMPT.text], [0], seconds=1.0, aspect="1:1"), config.sampler)
    config = config.model_copy(update={"calibration": table})
    return SimpleNamespace(graphs=graphs, tokenizers=tokenizers, config=config, variant="fp32")


def test_every_option_is_drawn_and_told(bundle, tmp_path):
    found = run(prompts=2, bundle=bundle, folder=tmp_path)
    assert found["prompts"] == 2
    for option in OPTIONS:
        name = f"score_{option.name}"
        assert found[f"{name}_low"] <= found[name] <= found[f"{name}_high"]
        assert found[f"seconds_{option.name}"] > 0
    assert found[f"speedup_{BASELINE}"] == 1.0
    assert 0 <= found["reuse_error_cached_50"] <= found["reuse_error_cached_50_far"] < 0.3
    with Image.open(tmp_path / "sampling.png") as picture:
        assert min(picture.size) > 300
    with Image.open(tmp_path / "students.png") as picture:
        assert picture.width > 3 * 4 * 96
    written = (tmp_path / "sampling.md").read_text()
    assert all(option.told in written for option in OPTIONS)
    assert all(f"`{switch}`" in written for switch in SWITCHES)


def test_combinations_are_what_the_pipeline_says(bundle):
    found = combinations(text_only(bundle.graphs, bundle.tokenizers, bundle.config))
    cache = found["--cache 0.1"]
    assert cache["--steps 12"]
    assert cache["--schedule uniform"]
    assert cache["shots"]
    assert not cache["continued shots"]
    assert not cache["pictures"]
    assert not cache["--solver heun"]
    assert not cache["--guidance 5"]
    assert not cache["a reference (from Python)"]
    assert not cache["an edit (from Python)"]
    assert not any(found["--student 4"][other] for other in found if other != "--student 4")
    assert found["--student 4"]["shots"]
    assert not found["--student 4"]["an edit (from Python)"]
    assert found["--solver heun"]["an edit (from Python)"]
    assert found["--solver heun"]["pictures"]
    assert found["--solver heun"]["continued shots"]
    assert not found["--schedule uniform"]["--emulate 100"]
    for one, others in found.items():
        for other, may in others.items():
            assert other not in found or found[other][one] == may


def test_without_a_student_it_is_no_option(bundle):
    assert options_of(bundle.graphs) == OPTIONS
    without = {name: graph for name, graph in bundle.graphs.items() if name != "student"}
    assert [option for option in OPTIONS if option not in options_of(without)] == [
        option for option in OPTIONS if option.name.startswith("student")
    ]


def test_switches_that_set_the_same_are_no_combination():
    assert together(Overrides(solver="heun"), Overrides(solver="midpoint")) is None
    assert together(Overrides(solver="heun"), Overrides(steps=3)) == Overrides(solver="heun", steps=3)


def measured(scores, seconds):
    return Measured(np.array(scores), seconds)


def test_the_worst_reuse_is_measured_on_the_path_that_it_bends():
    sampler = Sampler(steps=4, schedule="uniform")
    plan = Plan((None, {0: 1.0}, None, {2: 1.0}))

    def velocity(x, t):
        return np.full_like(x, 1 + t)

    noise = np.zeros((2, 3), np.float32)
    assert worst(velocity, noise, sampler, plan) == pytest.approx(max(1 - 1 / 1.25, 1 - 1.5 / 1.75))
    assert worst(velocity, noise, sampler, Plan((None,) * 4)) == 0


def test_the_fastest_option_that_keeps_the_score_is_told():
    found = {
        BASELINE: measured([1.0, 0.5, 1.0, 0.5], [10.0, 12.0]),
        FAST: measured([1.0, 0.5, 1.0, 0.25], [2.0, 2.0]),
        "fast": measured([0.75, 0.75, 0.75, 0.75], [0.5, 0.5]),
        "faster": measured([0.75, 0.5, 0.75, 0.5], [0.1, 0.1]),
    }
    told = figures(found)
    assert told["fastest_at_95"] == "fast"
    assert told["speedup_at_95"] == speedup(found, "fast") == 22.0
    assert told["score_margin"] == pytest.approx(-0.0625)
    assert told["score_margin_low"] <= -0.0625 <= told["score_margin_high"] <= 0


def test_an_interval_holds_the_mean_and_narrows_with_more_values():
    few, many = (interval(np.tile([0.0, 1.0], count)) for count in (5, 500))
    assert few[0] < many[0] < 0.5 < many[1] < few[1]


def test_a_score_is_the_share_of_what_is_asked_for():
    assert score(PROMPT, Sight("blue", "ball", "red", "left")) == 1.0
    assert score(PROMPT, Sight("blue", "frog", "red", "right")) == 0.5


@pytest.mark.slow
def test_the_served_starter_and_its_student_agree_with_torch(tmp_path):
    torch.manual_seed(0)
    save_backbone(Backbone(SMALL), tmp_path / "backbone")
    coder = TemporalAutoencoder(AutoencoderConfig(base_width=8))
    coder.save(tmp_path / "autoencoder")
    folders = {"backbone": tmp_path / "backbone", "autoencoder": tmp_path / "autoencoder"}
    student = STUDENTS.started(folders["backbone"], 4)
    for value in trained(student).values():
        torch.nn.init.normal_(value, std=0.05)
    STUDENTS.save(student, folders["backbone"], 4, tmp_path / "student")
    known = KNOWN_FRAMES.started(folders["backbone"], 4)
    KNOWN_FRAMES.save(known, folders["backbone"], 4, tmp_path / "known")
    bundle = bundled(tmp_path / "served", *folders.values(), tmp_path / "student", tmp_path / "known")
    assert bundle.config.calibration is not None
    save_backbone(STUDENTS.load(tmp_path / "student", folders["backbone"]), tmp_path / "merged")
    torch_side = Pipeline(torch_graphs(folders | {"student": tmp_path / "merged"}), bundle.tokenizers, bundle.config)
    served = Pipeline.from_bundle(bundle)
    for overrides in (Overrides(cache=0.2), Overrides(student=2)):
        asked = {"seconds": 1.0, "aspect": "1:1", "audio": False, "overrides": overrides}
        clips = [one.generate(PROMPT.text, **asked) for one in (served, torch_side)]
        clips.append(served.generate_batch(["a blue frog stays still", PROMPT.text], [5, 0], **asked)[1])
        for other in clips[1:]:
            assert np.abs(clips[0].frames.astype(int) - other.frames).max() <= 2
