import itertools
import math

import pytest
import torch
from torch import nn

from models.recipes import demo, smoke
from orchestration.benches import onnx
from orchestration.benches.envelope import names
from orchestration.benches.onnx import COMPILED, EAGER, OURS, Comparison
from orchestration.benches.onnx.networks import networks, sizes


class Doubled(nn.Module):
    def forward(self, latent):
        return 2 * latent


def test_the_bench_is_found_by_its_name():
    assert "onnx" in names()


def test_ratios_are_the_others_time_over_ours():
    found = {
        "backbone": Comparison({OURS: 10.0, EAGER: 15.0, COMPILED: 8.0}, 1e-5),
        "audio_decode": Comparison({OURS: 2.0, EAGER: 1.8}, 3e-5),
    }
    assert onnx.figures(found) == {
        "backbone_ms": 10.0,
        "backbone_ratio": 1.5,
        "backbone_compiled_ratio": 0.8,
        "audio_decode_ms": 2.0,
        "audio_decode_ratio": 0.9,
        "worst_ratio": 0.9,
        "max_error": 3e-5,
    }


def test_an_output_that_is_no_number_is_told():
    told = [Comparison({OURS: 1.0, EAGER: 1.0}, error) for error in (1e-6, float("nan"))]
    assert math.isnan(onnx.figures({"backbone": told[0], "audio_decode": told[1]})["max_error"])


def test_the_largest_difference_from_eager_is_told():
    def ours(*, latent):
        doubled = 2 * latent
        doubled[0, 0, 0] += 0.25
        return doubled

    at = {"B": 1, "A": 3}
    found = onnx.compared("audio_decode", Doubled(), ours, None, at, rounds=1, turn=0.0)
    assert found.error == pytest.approx(0.25)
    assert set(found.milliseconds) == {OURS, EAGER}
    assert min(found.milliseconds.values()) > 0


def test_every_graph_of_the_networks_has_sizes_and_says_something(tmp_path):
    from models.export.graphs import as_graph, graph_modules
    from models.export.onnx_export import trace_sizes
    from models.export.signatures import example

    profile = smoke()
    modules = graph_modules(networks(profile, tmp_path))
    at = sizes(profile, profile.backbone.text)
    assert set(modules) == set(at)
    for name in ("backbone", "audio_backbone", "audio_decode"):
        said = as_graph(modules[name])(**example(name, trace_sizes(modules[name]) | dict(at[name])))
        assert said.std() > 0.01


def test_the_step_is_guided_and_of_the_largest_wide_clip():
    profile = demo()
    assert sizes(profile, profile.backbone.text)["backbone"] == {
        "B": 2,
        "T": 8,
        "h": 8,
        "w": 14,
        "L_prompt": 40,
        "L_long": 24,
        "L_characters": 32,
    }


def test_torch_has_its_threads_back():
    before = torch.get_num_threads()
    with onnx.torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_a_turn_is_timed_by_the_clock_that_is_given():
    ticks = itertools.count()
    found = onnx.compared(
        "audio_decode",
        Doubled(),
        lambda *, latent: 2 * latent,
        None,
        {"B": 1, "A": 3},
        rounds=2,
        turn=0.0,
        clock=lambda: float(next(ticks)),
    )
    assert found.milliseconds == {OURS: 2000.0, EAGER: 2000.0}  # it is read after the call, and at the end
