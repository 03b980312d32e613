import pytest

from serving.decoding.trial import tile_need
from serving.trial import TrialFailed


def test_a_graph_that_cannot_be_run_is_an_error_with_its_reason(tmp_path):
    (tmp_path / "decode.onnx").write_bytes(b"no graph")
    with pytest.raises(TrialFailed, match=r"not a graph that ONNX Runtime can load"):
        tile_need(tmp_path / "decode.onnx", 1, (16, 1, 2, 2))


def test_the_peak_of_a_tile_grows_with_it(tmp_path):
    onnx = pytest.importorskip("onnx")
    helper, number = onnx.helper, onnx.TensorProto.FLOAT
    large = helper.make_node("Expand", ["latent", "shape"], ["wide"])
    summed = helper.make_node("ReduceSum", ["wide"], ["video"], keepdims=1)
    shape = helper.make_tensor("shape", onnx.TensorProto.INT64, [6], [1000, 1, 16, 1, 1, 1])
    free = ["B", 16, "T", "h", "w"]
    graph = helper.make_graph(
        [large, summed],
        "wide",
        [helper.make_tensor_value_info("latent", number, free)],
        [helper.make_tensor_value_info("video", number, [1] * 6)],
        [shape],
    )
    path = tmp_path / "wide.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    for frames in (2, 8):
        wide = 1000 * 16 * frames * 256 * 4
        need = tile_need(path, 1, (16, frames, 16, 16))
        assert wide < need.held <= need.peak < 2.2 * wide  # memory is taken in powers of two, and kept
