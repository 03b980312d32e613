"""Export of graphs to ONNX, and how far ONNX Runtime is from torch."""

import logging
import multiprocessing
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.backbone.network import Backbone
from models.export.files import EXTERNAL_ABOVE, save_graph
from models.export.forms import written
from models.export.graphs import as_graph, graph_modules
from models.export.signatures import OUTPUTS, SIGNATURES, VOCABULARY, example
from models.upsampler.config import STRIDE

# The newest opset before Attention became one node (23): ONNX Runtime 1.31 refuses that node with a mask that is
# broadcast over queries ("inconsistent q_sequence_length"), which is what text padding needs.
OPSET = 20

# Sizes to trace at. No two free sizes are equal and none is one: the tracer would take such for fixed.
_TRACE = {"B": 2, "T": 3, "h": 4, "w": 6, "K": 16, "A": 9, "F": 24, "H": 32, "W": 48} | {
    "L": 7,
    "L_prompt": 7,
    "L_long": 11,
    "L_characters": 13,
}


def export_graph(name: str, module: nn.Module, folder: Path, external_above: int = EXTERNAL_ABOVE) -> Path:
    """Write graph ``name`` to ``folder/name.onnx``, every free size of its signature dynamic.

    Args:
        name: A key of :data:`models.export.signatures.SIGNATURES`.
        module: The module of :func:`models.export.graphs.graph_modules`.
        folder: Where to; made if absent.
        external_above: Bytes of weights, from which on they lie in a file beside the graph.
    """
    inputs = {key: torch.from_numpy(value) for key, value in example(name, trace_sizes(module)).items()}
    free = free_dimensions(name, module)
    dynamic = {
        item.name: {axis: free[size] for axis, size in enumerate(item.shape) if size in _TRACE}
        for item in SIGNATURES[name]
    }
    with quiet(), torch.no_grad():
        # Traced here, because the exporter would try several ways in turn and report the last failure.
        traced = torch.export.export(written(module), (), inputs, dynamic_shapes=dynamic, strict=False)
        program = torch.onnx.export(
            traced,
            dynamo=True,
            input_names=list(inputs),
            output_names=[OUTPUTS[name]],
            opset_version=OPSET,
            optimize=False,  # ONNX Runtime folds the same when it loads; the exporter's own takes as long as the trace
            external_data=False,
            verbose=False,
        )
    assert program is not None  # the dynamo exporter returns its program or raises
    path = folder / f"{name}.onnx"
    save_graph(program.model, path, external_above)
    return path


def export_graphs(
    folders: Mapping[str, Path], folder: Path, processes: int = 2, external_above: int = EXTERNAL_ABOVE
) -> dict[str, Path]:
    """Export all graphs of the models in ``folders`` side by side; the files, by graph, in signature order.

    Tracing is Python on one core, tens of seconds in all, and graphs have nothing in common: hence processes.

    Args:
        folders: As for :func:`models.export.graphs.graph_modules`.
        folder: Where to; made if absent.
        processes: How many graphs at once.
        external_above: As for :func:`export_graph`.

    Raises:
        WeightsDoNotFit: A folder does not hold what it should.
    """
    names = list(graph_modules(folders))
    models = tuple(sorted(folders.items()))
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        exported = pool.map(_export_one, repeat(models), names, repeat(folder), repeat(external_above))
        return dict(zip(names, exported, strict=True))


def _export_one(models: tuple[tuple[str, Path], ...], name: str, folder: Path, external_above: int) -> Path:
    torch.set_num_threads(1)
    return export_graph(name, _loaded(models)[name], folder, external_above)


@cache
def _loaded(models: tuple[tuple[str, Path], ...]) -> dict[str, nn.Module]:
    """The graphs of ``models``, read once a worker process."""
    return graph_modules(dict(models))


def free_dimensions(name: str, module: nn.Module) -> dict[Any, Any]:
    """How the tracer is to take each free size of graph ``name``.

    Sizes of which the network takes multiples only are declared so: symbolic halves and eighths of a whole number are
    simple, those of any number are not, and the tracer spends most of its time on them.
    """
    free: dict[Any, Any] = dict.fromkeys(_TRACE, torch.export.Dim.DYNAMIC)
    if name == "autoencoder_encode":
        return free | {side: 8 * torch.export.Dim(f"{side}_latent") for side in "HW"}
    if name == "upsampler":
        return free | {side: STRIDE * torch.export.Dim(f"{side}_quarter") for side in "HW"}
    backbone = getattr(module, "backbone", None)
    if isinstance(backbone, Backbone):
        _, rows, columns = backbone.positions.sizes
        sides = {"h": torch.export.Dim("rows", max=rows), "w": torch.export.Dim("columns", max=columns)}
        return free | {side: backbone.config.patch * dimension for side, dimension in sides.items()}
    return free


def trace_sizes(module: nn.Module) -> dict[str, int]:
    """Sizes to trace ``module`` at: free ones, and those that its model has."""
    sizes = dict(_TRACE)
    config = getattr(getattr(module, "backbone", None), "config", None)
    if config is not None:
        sizes |= {"D": config.width} | {f"E_{role}": each.width for role, each in config.text.encoders.items()}
    if (vocabulary := getattr(module, "vocabulary", None)) is not None:
        sizes[VOCABULARY] = vocabulary
    return sizes


@contextmanager
def quiet() -> Iterator[None]:
    """Silence for the exporter's progress notes and its deprecations of itself; its errors still come through."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.export")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def session(path: Path, threads: int = 1) -> Any:
    """An ONNX Runtime session of ``path`` on the CPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def parity(path: Path, name: str, module: nn.Module, sizes: Sequence[Mapping[str, int]]) -> float:
    """Largest absolute difference between ONNX Runtime and torch over random inputs at the given ``sizes``.

    It is NaN where either gives what is not a number.

    Args:
        path: The exported graph.
        name: Its name.
        module: What it was exported from.
        sizes: A number for each free size, once for each comparison; the model's own need not be given.
    """
    return float(np.max([np.abs(got - expected).max() for got, expected in _both(path, name, module, sizes)]))


def deviation(path: Path, name: str, module: nn.Module, sizes: Sequence[Mapping[str, int]]) -> float:
    """As :func:`parity`, the root mean square of the difference over that of torch's output, the worst of the sizes."""
    pairs = _both(path, name, module, sizes)
    return float(np.max([np.sqrt(np.mean((got - one) ** 2) / np.mean(one**2)) for got, one in pairs]))


def _both(
    path: Path, name: str, module: nn.Module, sizes: Sequence[Mapping[str, int]]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What ONNX Runtime and what torch gives at each of the sizes."""
    runtime, graph = session(path), as_graph(module)
    for seed, given in enumerate(sizes):
        inputs = example(name, trace_sizes(module) | dict(given), seed)
        got, expected = runtime.run(None, inputs)[0], graph(**inputs)
        if got.shape != expected.shape:
            raise ValueError(f"{path}: output has shape {got.shape} at {dict(given)}, torch gives {expected.shape}")
        yield got, expected
