import itertools
import time
from types import SimpleNamespace

import numpy as np
import onnx
import pytest

from assets.evaluation.serving_config import serving_config
from models.recipes import smoke
from orchestration.benches.envelope import ProcessFailed
from orchestration.benches.streaming import cold_start, viewer
from orchestration.benches.streaming import sheet as sheets
from serving.bundle import write_bundle
from serving.live import Chunk


def test_a_viewer_notes_when_frames_come_and_how_soon_a_new_prompt_shows(monkeypatch, tmp_path):
    class Pipeline:
        config = SimpleNamespace(fps=16)

        @staticmethod
        def enlarger(pieces, size):
            return (np.repeat(np.repeat(piece, 2, axis=1), 2, axis=2) for piece in pieces)

    def chunks(pipeline, prompt):
        for number in range(99):
            text = prompt.text
            level = 20 if text == viewer._FIRST else 200
            time.sleep(0.05)
            yield Chunk(number, text, np.full((16, 64, 64, 3), level + number % 2, np.uint8), 16, 0.0)

    monkeypatch.setattr(viewer, "chunks", chunks)
    watching = viewer.Viewer(12.0)
    watching.watch(Pipeline, tmp_path / "live.mp4")
    found = watching.figures()
    assert found["prompt_change"] > 100 > found["usual_change"]
    assert 0.05 < found["prompt_change_seconds"] < 12
    assert 0.05 <= found["first_frame_seconds"] < 12
    assert found["real_time_factor"] <= 12 / (12 * 0.05)
    assert found["slowest_real_time_factor"] <= 5 / (4 * 0.05)


def test_the_sheet_shows_every_prompt_of_a_stream(monkeypatch, tmp_path):
    def chunks(pipeline, prompt):
        for number in itertools.count():
            yield Chunk(number, prompt.text, np.zeros((24, 64, 64, 3), np.uint8), 16, 0.0)

    written = {}
    monkeypatch.setattr(sheets, "chunks", chunks)
    monkeypatch.setattr(sheets, "contact_sheet", lambda path, cells, columns: written.update({path: cells}))
    sheets.sheet(tmp_path / "stream.png", SimpleNamespace())
    captions = [caption for _, caption in written[tmp_path / "stream.png"]]
    assert captions[0] == f"0.0 s: {sheets.PROMPTS[0]}"
    assert captions[-1] == f"16.5 s: {sheets.PROMPTS[-1]}"
    assert {caption.split(": ")[1] for caption in captions} == set(sheets.PROMPTS)


@pytest.fixture
def bundle(tmp_path):
    """One of graphs that give back what they get."""
    value = (onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n"]) for name in "xy")
    given, made = ([one] for one in value)
    graph = onnx.helper.make_graph([onnx.helper.make_node("Identity", ["x"], ["y"])], "same", given, made)
    opset = [onnx.helper.make_opsetid("", 20)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=10), tmp_path / "same.onnx")
    config = serving_config(smoke())
    names = ["backbone", *(name for encoder in config.text.values() for name in encoder.graphs)]
    graphs = dict.fromkeys(names, tmp_path / "same.onnx")
    write_bundle(tmp_path / "bundle", name="small", graphs=graphs, tokenizers={}, config=config, lineage={})
    return tmp_path / "bundle"


def test_a_cold_start_is_timed_in_a_fresh_process(bundle):
    began = time.time()
    assert 0 < cold_start(bundle) <= time.time() - began


def test_a_cold_start_checks_what_it_loads(bundle):
    with (bundle / "backbone.onnx").open("ab") as file:
        file.write(b"more")
    with pytest.raises(ProcessFailed, match=r"backbone\.onnx"):
        cold_start(bundle)
