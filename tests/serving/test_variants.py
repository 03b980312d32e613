import numpy as np
import onnx_ir
import pytest
import torch
from onnx_ir.external_data import load_to_model

from models.backbone import Backbone, save_backbone
from models.export.files import data_file, graph_bytes, save_graph
from models.export.graphs import graph_modules
from models.export.onnx_export import export_graph, parity, session, trace_sizes
from models.export.signatures import example
from models.export.variants import FP16, INT8, VARIANTS, UnknownVariant, export_variant
from models.recipes import BackboneConfig
from serving.bundle import FULL, Bundle, chosen_variant, write_bundle
from serving.errors import BundleDamaged, VariantMissing

SMALL = 1000  # bytes: below what any network here weighs
SIZES = [
    {"B": 1, "T": 1, "h": 2, "w": 4, "L_prompt": 5, "L_long": 3, "L_characters": 1},
    {"B": 3, "T": 4, "h": 6, "w": 2, "L_prompt": 12, "L_long": 14, "L_characters": 6},
]


@pytest.fixture(scope="module")
def module(tmp_path_factory):
    torch.manual_seed(0)
    model = Backbone(BackboneConfig(layers=1, width=64, ffn=96, heads=2, positions=(4, 3, 3)))
    for parameter in model.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.2)
    folder = tmp_path_factory.mktemp("backbone")
    save_backbone(model, folder)
    return graph_modules({"backbone": folder})["backbone"]


@pytest.fixture(scope="module")
def apart(module, tmp_path_factory):
    """A graph with its weights in a file beside it."""
    return export_graph("backbone", module, tmp_path_factory.mktemp("apart"), SMALL)


@pytest.fixture(scope="module")
def inline(apart, tmp_path_factory):
    """The same graph in one file."""
    path = tmp_path_factory.mktemp("inline") / "backbone.onnx"
    save_graph(load_to_model(onnx_ir.load(apart)), path)
    return path


@pytest.fixture
def inputs(module):
    return example("backbone", trace_sizes(module) | SIZES[1])


def output(path, inputs):
    return session(path).run(None, inputs)[0]


def bundled(folder, graph, config, tokenizers, **variants):
    write_bundle(
        folder,
        name="cinemill",
        graphs={"backbone": graph},
        tokenizers=tokenizers,
        config=config,
        lineage={"model_version": 1},
        variants={name: {"backbone": path} for name, path in variants.items()},
    )
    return folder


def test_weights_beyond_the_limit_lie_beside_their_graph_which_says_the_same(inline, apart, module, inputs):
    assert not data_file(inline).exists()
    assert {path.name for path in apart.parent.iterdir()} == {"backbone.onnx", "backbone.onnx.data"}
    assert apart.stat().st_size < inline.stat().st_size / 2
    assert abs(graph_bytes(apart) / graph_bytes(inline) - 1) < 0.1
    assert np.array_equal(output(apart, inputs), output(inline, inputs))
    assert parity(apart, "backbone", module, SIZES) < 1e-4


def test_a_graph_that_fits_again_leaves_no_weights_behind(inline, tmp_path):
    path = tmp_path / "backbone.onnx"
    save_graph(onnx_ir.load(inline), path, SMALL)
    assert data_file(path).exists()
    save_graph(onnx_ir.load(inline), path)
    assert {file.name for file in tmp_path.iterdir()} == {"backbone.onnx"}


def test_a_bundle_carries_weights_that_lie_beside_their_graph(apart, inline, inputs, tmp_path, config, tokenizers):
    folder = bundled(tmp_path / "bundle", apart, config, tokenizers)
    bundle = Bundle.load(folder)
    assert "backbone.onnx.data" in bundle.manifest.files
    moved = folder.rename(tmp_path / "champion")
    np.testing.assert_array_equal(Bundle.load(moved).graphs["backbone"](**inputs), output(inline, inputs))
    content = bytearray((moved / "backbone.onnx.data").read_bytes())
    content[100] ^= 1
    (moved / "backbone.onnx.data").write_bytes(content)
    with pytest.raises(BundleDamaged, match=r"backbone\.onnx\.data"):
        Bundle.load(moved)


@pytest.mark.parametrize(("variant", "share", "error"), [(FP16, 0.65, 2e-3), (INT8, 0.5, 0.1)])
def test_a_variant_is_smaller_and_says_nearly_the_same(variant, share, error, inline, inputs, tmp_path):
    made = export_variant(variant, {"backbone": inline}, tmp_path)["backbone"]
    assert made.name == f"backbone.{variant}.onnx"
    assert graph_bytes(made) < share * graph_bytes(inline)
    full, got = output(inline, inputs), output(made, inputs)
    difference = np.abs(got - full).max() / full.std()
    assert 0 < difference < error * 5
    assert np.sqrt(np.mean((got - full) ** 2)) / full.std() < error


@pytest.mark.parametrize("variant", VARIANTS)
def test_variants_of_large_graphs_have_their_weights_beside_them_too(variant, apart, inline, inputs, tmp_path):
    made = export_variant(variant, {"backbone": apart}, tmp_path, SMALL)["backbone"]
    assert {path.name for path in tmp_path.iterdir()} == {made.name, f"{made.name}.data"}
    whole = export_variant(variant, {"backbone": inline}, tmp_path / "whole")["backbone"]
    np.testing.assert_allclose(output(made, inputs), output(whole, inputs), atol=1e-5)


def test_serving_takes_the_variant_that_is_named(inline, inputs, tmp_path, config, tokenizers, monkeypatch):
    made = export_variant(INT8, {"backbone": inline}, tmp_path)["backbone"]
    folder = bundled(tmp_path / "bundle", inline, config, tokenizers, int8=made)
    monkeypatch.delenv("CINEMILL_VARIANT", raising=False)
    full = Bundle.load(folder, variant=chosen_variant())
    monkeypatch.setenv("CINEMILL_VARIANT", "int8")
    light = Bundle.load(folder, variant=chosen_variant())
    assert (full.variant, light.variant) == (FULL, INT8)
    assert np.array_equal(full.graphs["backbone"](**inputs), output(inline, inputs))
    assert np.array_equal(light.graphs["backbone"](**inputs), output(made, inputs))
    with pytest.raises(VariantMissing, match="no variant 'int4', only fp32, int8: set CINEMILL_VARIANT"):
        Bundle.load(folder, variant="int4")


def test_a_damaged_variant_is_found_whichever_is_served(inline, tmp_path, config, tokenizers):
    made = export_variant(FP16, {"backbone": inline}, tmp_path)["backbone"]
    folder = bundled(tmp_path / "bundle", inline, config, tokenizers, fp16=made)
    (folder / made.name).unlink()
    with pytest.raises(BundleDamaged, match=r"backbone\.fp16\.onnx is missing"):
        Bundle.load(folder)


def test_an_unknown_variant_is_not_made(inline, tmp_path):
    with pytest.raises(UnknownVariant, match="no variant 'int4' of a graph: use fp16, int8"):
        export_variant("int4", {"backbone": inline}, tmp_path)
