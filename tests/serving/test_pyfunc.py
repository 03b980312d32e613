import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from serving.bundle import write_bundle
from serving.errors import RequestRefused
from serving.sampling.sampler import Overrides

SERVING = Path(__file__).resolve().parents[2] / "serving"


def graph(path, inputs, nodes, output, constants=()):
    """Save an ONNX graph: inputs and constants as (name, type or value, shape), one output as (name, rank)."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    made = helper.make_graph(
        [helper.make_node(op, ins, outs, **attributes) for op, ins, outs, attributes in nodes],
        path.stem,
        [helper.make_tensor_value_info(n, t, [f"{n}{i}" for i in range(r)]) for n, t, r in inputs],
        [helper.make_tensor_value_info(output[0], TensorProto.FLOAT, [f"o{i}" for i in range(output[1])])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants],
    )
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return path


def flow(path, rank, extra=()):
    """Velocity: minus the state, so that every sample shrinks to e^-1 of its noise and text is ignored."""
    from onnx import TensorProto as T

    text = [
        item
        for role in ("prompt", "long", "characters")
        for item in ((f"text_{role}", T.FLOAT, 3), (f"text_{role}_mask", T.BOOL, 2))
    ]
    inputs = [("latent", T.FLOAT, rank), ("time", T.FLOAT, 1), *text, *extra]
    return graph(path, inputs, [("Neg", ["latent"], ["velocity"], {})], ("velocity", rank))


@pytest.fixture
def bundle(tmp_path, tokenizers, config):
    from onnx import TensorProto as T

    encoders = {
        name: graph(
            tmp_path / f"{name}.onnx",
            [("input_ids", T.INT64, 2), ("attention_mask", T.INT64, 2)],
            [
                ("Cast", ["input_ids"], ["ids"], {"to": T.FLOAT}),
                ("Unsqueeze", ["ids", "last"], ["column"], {}),
                ("Mul", ["column", "ones"], ["text_states"], {}),
            ],
            ("text_states", 3),
            [("last", np.array([-1])), ("ones", np.ones((1, 1, width), np.float32))],
        )
        for name, width in (("text_minilm", 384), ("text_bytes", 291))
    }
    contrastive = graph(
        tmp_path / "text_contrastive.onnx",
        [("states", T.FLOAT, 3), ("attention_mask", T.INT64, 2)],
        [("Slice", ["states", "zero", "width", "axis"], ["text_states"], {})],
        ("text_states", 3),
        [("zero", np.array([0])), ("width", np.array([128])), ("axis", np.array([2]))],
    )
    decode = graph(
        tmp_path / "autoencoder_decode.onnx",
        [("latent", T.FLOAT, 5)],
        [
            ("Slice", ["latent", "zero", "three", "channels"], ["rgb"], {}),
            ("Resize", ["rgb", "", "scales"], ["video"], {"mode": "nearest"}),
        ],
        ("video", 5),
        [
            ("zero", np.array([0])),
            ("three", np.array([3])),
            ("channels", np.array([1])),
            ("scales", np.array([1, 1, 8, 8, 8], np.float32)),
        ],
    )
    sound = graph(
        tmp_path / "audio_decode.onnx",
        [("latent", T.FLOAT, 3)],
        [
            ("ReduceMean", ["latent", "last"], ["mean"], {"keepdims": 1}),
            ("Tile", ["mean", "repeats"], ["tiled"], {}),
            ("Reshape", ["tiled", "flat"], ["waveform"], {}),
        ],
        ("waveform", 2),
        [("last", np.array([-1])), ("repeats", np.array([1, 1, 1920])), ("flat", np.array([0, -1]))],
    )
    graphs = {
        **encoders,
        "text_contrastive": contrastive,
        "backbone": flow(tmp_path / "backbone.onnx", 5),
        "autoencoder_decode": decode,
        "audio_backbone": flow(tmp_path / "audio_backbone.onnx", 3, [("video", T.FLOAT, 3)]),
        "audio_decode": sound,
    }
    folder = tmp_path / "bundle"
    write_bundle(folder, name="cinemill", graphs=graphs, tokenizers=tokenizers, config=config, lineage={})
    return folder


def save(bundle, folder):
    import mlflow
    from mlflow.models import infer_signature

    row = {"prompt": "a ball", "seconds": 0.5, "aspect": "1:1", "seed": 3}
    mlflow.pyfunc.save_model(
        folder,
        python_model=str(SERVING / "pyfunc.py"),
        artifacts={"bundle": str(bundle)},
        code_paths=[str(SERVING)],
        pip_requirements=["numpy", "onnxruntime", "tokenizers", "pydantic"],
        signature=infer_signature(pd.DataFrame([row])),
    )
    return pd.DataFrame([row, {**row, "seed": 4}])


def test_a_saved_model_runs_without_the_repository_and_without_torch(bundle, tmp_path):
    rows = save(bundle, tmp_path / "model")
    rows.to_json(tmp_path / "rows.json", orient="records")
    assert not list((tmp_path / "model").rglob("*.pkl"))
    code = f"""
import sys
sys.path[:] = [path for path in sys.path if path != {str(SERVING.parent)!r}]
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
import mlflow, numpy as np, io, pandas as pd
model = mlflow.pyfunc.load_model({str(tmp_path / "model")!r})
clips = model.predict(pd.read_json({str(tmp_path / "rows.json")!r}))
import serving
assert serving.__file__.startswith({str(tmp_path / "model")!r}), serving.__file__
assert "torch" not in sys.modules and "models" not in sys.modules
open({str(tmp_path / "clip.npz")!r}, "wb").write(clips["npz"][1])
assert list(clips["seed"]) == [3, 4]
"""
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        timeout=120,
        cwd=tmp_path,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path)},
    )
    with np.load(io.BytesIO((tmp_path / "clip.npz").read_bytes()), allow_pickle=False) as clip:
        assert clip["frames"].shape == (8, 96, 96, 3)
        assert clip["audio"].shape == (24_000,)
        assert (int(clip["fps"]), int(clip["sample_rate"])) == (16, 48_000)


def test_it_answers_as_the_pipeline_over_the_same_bundle(bundle):
    from types import SimpleNamespace

    from serving.bundle import Bundle
    from serving.pipeline import Pipeline
    from serving.pyfunc import CinemillModel

    model = CinemillModel()
    model.load_context(SimpleNamespace(artifacts={"bundle": str(bundle)}))
    row = {"prompt": "a ball", "seconds": 0.5, "aspect": "1:1", "seed": 3}
    answer = model.predict(None, pd.DataFrame([row]), {"steps": 8, "guidance": 1.0})
    clip = Pipeline.from_bundle(Bundle.load(bundle)).generate(
        "a ball", seconds=0.5, aspect="1:1", seed=3, overrides=Overrides(steps=8, guidance=1.0)
    )
    with np.load(io.BytesIO(answer["npz"][0]), allow_pickle=False) as archive:
        np.testing.assert_array_equal(archive["frames"], clip.frames)
        np.testing.assert_array_equal(archive["audio"], clip.audio)
    with pytest.raises(RequestRefused, match="601 s"):
        model.predict(None, pd.DataFrame([{**row, "seconds": 601.0}]))
