import onnxruntime
import pytest

from serving import providers
from serving.bundle import OnnxGraph
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


def test_each_provider_gets_settings_that_its_runtime_knows_and_engines_are_kept_beside_the_graph(tmp_path):
    settings = dict(with_settings([TENSORRT, CUDA, CPU], tmp_path / "backbone.onnx"))
    assert list(settings) == [TENSORRT, CUDA, CPU]
    assert settings[TENSORRT]["trt_engine_cache_path"] == str(tmp_path / "engines")
    assert settings[TENSORRT]["trt_engine_cache_enable"]
    assert settings[CUDA]["cudnn_conv_algo_search"] == "HEURISTIC"
    assert settings[CPU] == {}


def test_a_session_is_made_with_the_settings_of_what_can_run(monkeypatch, tmp_path):
    made = {}

    class Session:
        def __init__(self, path, options, providers):
            made["providers"] = providers

        def get_providers(self):
            return [CUDA, CPU]

    monkeypatch.setattr("serving.bundle.usable", list)
    monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
    graph = OnnxGraph(tmp_path / "backbone.onnx", [TENSORRT, CUDA, CPU], None)
    assert graph.provider == "cuda"  # not the first that was asked for
    assert [name for name, _ in made["providers"]] == [TENSORRT, CUDA, CPU]
    assert dict(made["providers"])[CUDA]
