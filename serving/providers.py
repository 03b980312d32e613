"""Execution providers: on what ONNX Runtime runs a graph, as the operator chooses and the machine allows."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from serving.errors import ProviderUnknown

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


def called(provider: str) -> str:
    """The name that ``CINEMILL_PROVIDERS`` has for a provider of ONNX Runtime."""
    return next((name for name, known in _NAMES.items() if known == provider), provider)
