import onnxruntime
import pytest

from serving import providers
from serving.bundle import OnnxGraph
from serving.errors import BundleDamaged
from serving.pipeline import Pipeline
from serving.providers import CPU, PROVIDERS, chosen_providers, usable, with_settings

CUDA, TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"


def test_cuda_is_tried_before_the_cpu_unless_told(monkeypatch):
    monkeypatch.delenv(PROVIDERS, raising=False)
    assert chosen_providers() == (CUDA, CPU)
    monkeypatch.setenv(PROVIDERS, "tensorrt, cuda,cpu")
    assert chosen_providers() == (TENSORRT, CUDA, CPU)


@pytest.mark.parametrize(("gpu", "found"), [(False, [CPU]), (True, [TENSORRT, CUDA, CPU])])
def test_what_needs_a_gpu_is_left_out_where_there_is_none(monkeypatch, gpu, found):
    class Path:
        def __init__(self, name):
            assert name.startswith("/dev/nvidia")

        def exists(self):
            return gpu

    monkeypatch.setattr(providers, "Path", Path)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [CPU, CUDA, TENSORRT])
    assert usable([TENSORRT, CUDA, CPU]) == found
    assert usable(["NoSuchProvider"]) == [CPU]


def test_engines_are_kept_where_the_operator_says_and_nowhere_else(monkeypatch):
    monkeypatch.delenv("CINEMILL_TENSORRT_CACHE", raising=False)
    settings = dict(with_settings([TENSORRT, CUDA, CPU]))
    assert list(settings) == [TENSORRT, CUDA, CPU]
    assert settings[CUDA]["cudnn_conv_algo_search"] == "HEURISTIC"
    assert settings[TENSORRT] == settings[CPU] == {}
    monkeypatch.setenv("CINEMILL_TENSORRT_CACHE", "/kept")
    settings = dict(with_settings([TENSORRT, CUDA, CPU]))
    assert settings[TENSORRT]["trt_engine_cache_enable"]
    assert settings[TENSORRT]["trt_engine_cache_path"] == "/kept"


@pytest.fixture
def sessions(monkeypatch):
    """The providers of each session that was asked for; one is made where CUDA comes first."""
    asked = []

    class Session:
        def __init__(self, path, options, providers, enable_fallback):
            asked.append([name for name, _ in providers])
            assert not enable_fallback  # it would print, and drop the settings
            if asked[-1][0] != CUDA:
                raise RuntimeError("libnvinfer.so.10 is not there")
            assert dict(providers)[CUDA]

        def get_providers(self):
            return [CUDA, CPU]

    monkeypatch.setattr(providers, "usable", list)
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    return asked


def test_a_provider_that_does_not_start_gives_way_to_the_next(sessions, tmp_path):
    graph = OnnxGraph(tmp_path / "backbone.onnx", [TENSORRT, CUDA, CPU], None)
    assert not graph.started
    assert graph.provider == "cuda"
    assert graph.started
    assert sessions == [[TENSORRT, CUDA, CPU], [CUDA, CPU]]


def test_a_graph_that_no_provider_loads_is_damaged(sessions, tmp_path):
    with pytest.raises(BundleDamaged, match="libnvinfer"):
        _ = OnnxGraph(tmp_path / "backbone.onnx", [TENSORRT, CPU], None).session
    assert sessions == [[TENSORRT, CPU], [CPU]]


def test_an_error_of_our_own_is_not_taken_for_a_providers(monkeypatch, tmp_path):
    def wrong(path, options, providers, enable_fallback):
        raise TypeError("no such argument")

    monkeypatch.setattr(providers, "usable", list)
    monkeypatch.setattr(onnxruntime, "InferenceSession", wrong)
    with pytest.raises(TypeError):
        _ = OnnxGraph(tmp_path / "backbone.onnx", [CUDA, CPU], None).session


def test_the_record_names_what_graphs_ran_by(sessions, tmp_path, graphs, tokenizers, config):
    pipeline = Pipeline(
        dict(graphs) | {"extra": OnnxGraph(tmp_path / "extra.onnx", [CUDA, CPU], None)}, tokenizers, config
    )
    assert pipeline.ran_on == ""
    _ = pipeline.graphs["extra"].session
    assert pipeline.ran_on == ", on cuda"
