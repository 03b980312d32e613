"""Execution providers: on what ONNX Runtime runs a graph, as the operator chooses and the machine allows."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from serving.errors import BundleDamaged, ProviderUnknown

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions

log = logging.getLogger(__name__)

PROVIDERS = "CINEMILL_PROVIDERS"
"""Environment variable: names of providers, best first, with commas between; ``cuda,cpu`` where it is not set."""

CPU = "CPUExecutionProvider"
_CUDA, _TENSORRT = "CUDAExecutionProvider", "TensorrtExecutionProvider"
_NAMES = {"tensorrt": _TENSORRT, "cuda": _CUDA, "cpu": CPU}
_USUAL = "cuda,cpu"
_ENGINES = "CINEMILL_TENSORRT_CACHE"


def chosen_providers() -> tuple[str, ...]:
    """ONNX Runtime's names of the providers that ``CINEMILL_PROVIDERS`` names. Raises ProviderUnknown."""
    named = [name.strip() for name in (os.environ.get(PROVIDERS) or _USUAL).split(",")]
    for name in named:
        if name not in _NAMES:
            raise ProviderUnknown(f"{PROVIDERS} names {name!r}: name some of {', '.join(_NAMES)}, best first")
    return tuple(_NAMES[name] for name in named)


def usable(providers: Sequence[str]) -> list[str]:
    """Those that ONNX Runtime has, of which CUDA and TensorRT need a GPU; the CPU if there are none."""
    import onnxruntime

    available = set(onnxruntime.get_available_providers())
    if not Path("/dev/nvidiactl").exists():
        # The GPU build lists both everywhere, and complains aloud when it is asked for them without a GPU.
        available -= {_CUDA, _TENSORRT}
    return [provider for provider in providers if provider in available] or [CPU]


def with_settings(providers: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Each provider with its settings.

    CUDA takes no more memory at once than is asked for, and chooses convolutions without trying each: sizes vary.
    TensorRT keeps the engines that it builds in the folder that ``CINEMILL_TENSORRT_CACHE`` names, if it does. Never in
    a bundle: those are digested whole.
    """
    settings: dict[str, dict[str, Any]] = {
        _CUDA: {"arena_extend_strategy": "kSameAsRequested", "cudnn_conv_algo_search": "HEURISTIC"}
    }
    if engines := os.environ.get(_ENGINES):
        settings[_TENSORRT] = {
            "trt_engine_cache_enable": True,
            "trt_engine_cache_path": engines,
            "trt_timing_cache_enable": True,
            "trt_timing_cache_path": engines,
        }
    return [(provider, settings.get(provider, {})) for provider in providers]


def session(graph: Path, options: "SessionOptions", providers: Sequence[str]) -> "InferenceSession":
    """A session of a graph by the first of the providers that starts, and those after it.

    Raises:
        BundleDamaged: None of them can load the graph.
    """
    import onnxruntime
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    # They have no base of their own. The last two are for a provider's library and for its options.
    refused = (state.Fail, state.EPFail, state.EngineError, state.NotImplemented, state.RuntimeException)
    damaged = (state.InvalidArgument, state.InvalidGraph, state.InvalidProtobuf, state.NoModel, state.NoSuchFile)
    wanted = with_settings(usable(providers))
    while True:
        try:
            return onnxruntime.InferenceSession(str(graph), options, providers=wanted, enable_fallback=0)
        except (*refused, *damaged, RuntimeError, ValueError) as error:
            if len(wanted) == 1:
                raise BundleDamaged(f"{graph} is not a graph that ONNX Runtime can load: {error}") from error
            log.warning("%s does not run by %s: %s", graph.name, called(wanted[0][0]), error)
            wanted = wanted[1:]


def called(provider: str) -> str:
    """The name that ``CINEMILL_PROVIDERS`` has for a provider of ONNX Runtime."""
    return next((name for name, known in _NAMES.items() if known == provider), provider)
