import numpy as np
import onnx
import pytest
import torch

from models.audio import AudioBackbone, save_audio_backbone
from models.backbone import Backbone, WeightsDoNotFit, save_backbone
from models.export.graphs import graph_modules, torch_graphs
from models.export.onnx_export import deviation, export_graphs, parity, session, trace_sizes
from models.export.signatures import OUTPUTS, SIGNATURES, example
from models.recipes import AudioConfig, BackboneConfig
from models.text.config import TextConfig, TextEncoderConfig

SIZES = [
    {"B": 1, "T": 1, "h": 2, "w": 4, "L": 5, "L_prompt": 5, "L_long": 3, "L_characters": 1, "K": 16, "A": 3},
    {"B": 3, "T": 4, "h": 6, "w": 2, "L": 12, "L_prompt": 12, "L_long": 14, "L_characters": 6, "K": 16, "A": 11},
]
ELSEWHERE = {
    "upsampler",
    "autoencoder_encode",
    "autoencoder_decode",
    "audio_decode",
    "text_t5",
    "text_clip",
    "text_byt5",
}
NAMES = [name for name in SIGNATURES if name not in ELSEWHERE]


def saved(model, save, folder):
    for parameter in model.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.2)
    save(model, folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("models")
    sizes = {"layers": 1, "width": 32, "ffn": 48, "heads": 2, "positions": (4, 3, 3)}

    def backbone(name, **conditions):
        return saved(Backbone(BackboneConfig(**sizes, **conditions)), save_backbone, root / name)

    audio = AudioBackbone(AudioConfig(layers=1, width=32, ffn=48, heads=2, positions=12))
    return {
        "backbone": backbone("backbone"),
        "student": backbone("student", span=True),
        "personalized_backbone": backbone("personalized", reference=True),
        "editing_backbone": backbone("editing", source=True),
        "known_backbone": backbone("known", known=True),
        "audio_backbone": saved(audio, save_audio_backbone, root / "audio"),
    }


@pytest.fixture(scope="module")
def modules(folders):
    return graph_modules(folders)


@pytest.fixture(scope="module")
def exported(folders, tmp_path_factory):
    return export_graphs(folders, tmp_path_factory.mktemp("onnx"))


@pytest.mark.parametrize("name", NAMES)
def test_an_exported_graph_agrees_with_torch_at_shapes_it_was_not_traced_at(name, modules, exported):
    path = exported[name]
    assert parity(path, name, modules[name], SIZES) < 1e-4
    runtime = session(path)
    assert [item.name for item in runtime.get_inputs()] == [item.name for item in SIGNATURES[name]]
    assert [item.name for item in runtime.get_outputs()] == [OUTPUTS[name]]
    onnx.checker.check_model(str(path))


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_is_the_same_alone_as_in_a_batch(name, modules, exported):
    runtime, inputs = session(exported[name]), example(name, trace_sizes(modules[name]) | SIZES[1])
    together = runtime.run(None, inputs)[0]
    for row in range(SIZES[1]["B"]):
        alone = runtime.run(None, {key: value[row : row + 1] for key, value in inputs.items()})[0]
        np.testing.assert_allclose(alone[0], together[row], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["backbone", "audio_backbone"])
def test_each_attention_is_one_node_and_no_scores_are_written_out(name, exported):
    kinds = [node.op_type for node in onnx.load(exported[name]).graph.node]
    assert kinds.count("MultiHeadAttention") == 2  # of one layer: to all tokens, and to text
    assert "Softmax" not in kinds


def test_nothing_but_the_graphs_is_written(exported):
    assert list(exported) == NAMES
    assert {file.name for file in exported["backbone"].parent.iterdir()} == {f"{name}.onnx" for name in NAMES}


def test_torch_graphs_take_and_give_arrays(folders, modules):
    graphs = torch_graphs(folders)
    assert list(graphs) == NAMES
    inputs = example("backbone", trace_sizes(modules["backbone"]) | SIZES[1])
    got = graphs["backbone"](**inputs)
    expected = modules["backbone"](**{name: torch.from_numpy(value) for name, value in inputs.items()})
    assert torch.equal(torch.from_numpy(got), expected)


def test_a_model_that_has_no_graphs_is_refused(tmp_path):
    with pytest.raises(KeyError, match="no graphs are made of a model called 'enlarger'"):
        graph_modules({"enlarger": tmp_path})


def test_networks_that_read_different_text_encoders_make_no_bundle(folders, tmp_path):
    text = TextConfig(characters=TextEncoderConfig("bytes", 291, 64))
    other = AudioBackbone(AudioConfig(layers=1, width=32, ffn=48, heads=2, positions=12, text=text))
    changed = folders | {"audio_backbone": saved(other, save_audio_backbone, tmp_path / "other")}
    with pytest.raises(WeightsDoNotFit, match="different text encoders"):
        graph_modules(changed)


def test_autoencoders_alone_need_no_text_encoder():
    assert not graph_modules({})


class Scaled(torch.nn.Module):
    """A module whose output is multiplied by a number."""

    def __init__(self, module, factor):
        super().__init__()
        self.module, self.factor, self.backbone = module, factor, module.backbone

    def forward(self, **inputs):
        return self.factor * self.module(**inputs)


def test_what_is_not_a_number_is_never_taken_for_agreement(modules, exported):
    broken = Scaled(modules["backbone"], float("nan"))
    assert np.isnan(parity(exported["backbone"], "backbone", broken, SIZES))
    assert np.isnan(deviation(exported["backbone"], "backbone", broken, SIZES))


def test_a_deviation_is_a_share_of_the_output(modules, exported):
    doubled = Scaled(modules["backbone"], 2.0)
    assert deviation(exported["backbone"], "backbone", doubled, SIZES) == pytest.approx(0.5, abs=1e-4)
