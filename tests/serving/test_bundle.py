import json
import shutil

import numpy as np
import pytest

from serving.bundle import Bundle, read_manifest, write_bundle
from serving.errors import BundleDamaged, BundleMissing, ProviderUnknown
from serving.providers import PROVIDERS

LINEAGE = {"dataset_digest": "abc", "git": "0123", "parents": ["x"], "model_version": None}


def scaling_graph(path, factor):
    """An ONNX file that multiplies its input."""
    import onnx

    node = onnx.helper.make_node("Mul", ["latent", "factor"], ["velocity"])
    shape = ["batch", 3]
    graph = onnx.helper.make_graph(
        [node],
        "scale",
        [onnx.helper.make_tensor_value_info("latent", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor_value_info("velocity", onnx.TensorProto.FLOAT, shape)],
        [onnx.helper.make_tensor("factor", onnx.TensorProto.FLOAT, [1], [factor])],
    )
    onnx.save(onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 20)], ir_version=10), path)
    return path


@pytest.fixture
def folder(tmp_path, tokenizers, config):
    graphs = {name: scaling_graph(tmp_path / f"{name}-source.onnx", i + 2.0) for i, name in enumerate("ab")}
    write_bundle(
        tmp_path / "bundle", name="cinemill", graphs=graphs, tokenizers=tokenizers, config=config, lineage=LINEAGE
    )
    return tmp_path / "bundle"


def test_what_is_written_is_read_back(folder, config, tokenizers):
    bundle = Bundle.load(folder)
    assert bundle.config == config
    assert bundle.lineage == LINEAGE
    assert {role: path.read_bytes() for role, path in bundle.tokenizers.items()} == {
        role: path.read_bytes() for role, path in tokenizers.items()
    }
    assert set(bundle.graphs) == {"a", "b"}
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_allclose(bundle.graphs["b"](latent=x), 3 * x)


def test_the_provider_really_used_is_reported(folder):
    assert Bundle.load(folder, providers=("CPUExecutionProvider",)).graphs["a"].provider == "cpu"


def test_a_provider_that_is_not_built_in_falls_back_to_the_cpu(folder):
    assert Bundle.load(folder, providers=("NoSuchProvider",)).graphs["a"].provider == "cpu"


def test_an_unknown_provider_is_refused_before_anything_is_loaded(folder, monkeypatch):
    monkeypatch.setenv(PROVIDERS, "cuda,npu")
    with pytest.raises(ProviderUnknown, match="'npu': name some of tensorrt, cuda, cpu"):
        Bundle.load(folder)


@pytest.mark.parametrize("name", ["a.onnx", "tokenizer-prompt.json"])
def test_one_changed_byte_in_any_file_is_refused_with_its_name(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(BundleDamaged, match=name):
        Bundle.load(folder)


def test_a_missing_file_is_refused_with_its_name(folder):
    (folder / "b.onnx").unlink()
    with pytest.raises(BundleDamaged, match=r"b\.onnx is missing"):
        Bundle.load(folder)


def test_a_manifest_cannot_name_files_outside_its_folder(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["graphs"]["a"]["file"] = "../a-source.onnx"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleDamaged, match="outside its folder"):
        Bundle.load(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1}'])
def test_a_manifest_that_is_none_is_refused(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(BundleDamaged, match="not a bundle manifest"):
        read_manifest(folder)


@pytest.mark.parametrize("version", [1, 3])
def test_a_manifest_of_another_format_is_refused(folder, version):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": version}))
    with pytest.raises(BundleDamaged, match="format"):
        read_manifest(folder)


def test_an_empty_folder_says_that_nothing_was_promoted(tmp_path):
    with pytest.raises(BundleMissing, match="promote one first"):
        Bundle.load(tmp_path)


def test_a_file_that_is_no_graph_is_found_when_its_session_starts(tmp_path, tokenizers, config):
    (tmp_path / "junk").write_bytes(b"junk")
    graphs = {"a": tmp_path / "junk"}
    write_bundle(tmp_path / "b", name="x", graphs=graphs, tokenizers=tokenizers, config=config, lineage={})
    with pytest.raises(BundleDamaged, match="ONNX Runtime can load"):
        Bundle.load(tmp_path / "b").graphs["a"](latent=np.zeros((1, 3), np.float32))


def test_a_loaded_bundle_stays_with_its_version_when_the_champion_link_moves(folder, tmp_path):
    link = tmp_path / "champion"
    link.symlink_to(folder)
    bundle = Bundle.load(link)
    link.unlink()
    link.symlink_to(shutil.copytree(folder, tmp_path / "other"))
    assert bundle.folder == folder
    x = np.ones((1, 3), np.float32)
    np.testing.assert_allclose(bundle.graphs["a"](latent=x), 2 * x)
