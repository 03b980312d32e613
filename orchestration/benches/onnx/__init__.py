"""ONNX Runtime, as serving runs it, against torch eager and torch.compile: each exported graph, one thread, float32."""

import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from models.recipes import demo
from orchestration.benches.onnx.networks import networks, sizes

if TYPE_CHECKING:
    from torch import nn

    from models.export.graphs import Graph

OURS, EAGER, COMPILED = "onnx", "eager", "compiled"
_ROUNDS = 9  # and one to warm up
_TURN = 0.15  # seconds that a side's turn lasts, at least
_COMPILING = 120.0  # seconds, from which on nothing more is compiled
_THREADS = 1


@dataclass(frozen=True)
class Comparison:
    """What one graph came to.

    Attributes:
        milliseconds: A call of each side.
        error: Largest difference between ours and eager.
    """

    milliseconds: Mapping[str, float]
    error: float


def run() -> dict[str, float]:
    """Every figure.

    ``GRAPH_ms`` are milliseconds of processor time of a call of ours; ``GRAPH_ratio`` is eager's time over ours, and
    ``GRAPH_compiled_ratio`` torch.compile's (fixed sizes): missing where two minutes of compiling were over before.
    Medians of nine rounds in which the sides take turns, the order reversed every round. ``worst_ratio`` is the least
    of the ratios to eager, ``max_error`` the largest absolute difference of any output. The guided step of the
    network that makes video has ``backbone_ratio``.
    """
    with tempfile.TemporaryDirectory(prefix="cinemill-onnx-") as folder, one_thread():
        return figures(_compared(Path(folder)))


def figures(found: Mapping[str, Comparison]) -> dict[str, float]:
    """The figures of some graphs, by name."""
    told: dict[str, float] = {}
    for name, one in found.items():
        ours = one.milliseconds[OURS]
        told |= {f"{name}_ms": ours, f"{name}_ratio": one.milliseconds[EAGER] / ours}
        if COMPILED in one.milliseconds:
            told[f"{name}_compiled_ratio"] = one.milliseconds[COMPILED] / ours
    worst = min(told[f"{name}_ratio"] for name in found)
    rounded = {name: round(value, 4) for name, value in (told | {"worst_ratio": worst}).items()}
    return rounded | {"max_error": max(one.error for one in found.values())}


def _compared(folder: Path) -> dict[str, Comparison]:
    """Each graph of the demo's networks; the backbone first, so that it is compiled in any case."""
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graphs
    from serving.bundle import OnnxGraph

    profile = demo()
    folders = networks(profile, folder)
    files, modules = export_graphs(folders, folder / "graphs"), graph_modules(folders)
    at, left, found = sizes(profile, profile.backbone.text), _COMPILING, {}
    for name in sorted(modules, key=lambda name: name != "backbone"):
        ours = OnnxGraph(files[name], ["CPUExecutionProvider"], _THREADS)
        begun = time.monotonic()
        compiled = compiled_graph(modules[name], name, at[name]) if left > 0 else None
        left -= time.monotonic() - begun
        found[name] = compared(name, modules[name], ours, compiled, at[name])
    return found


def compiled_graph(module: "nn.Module", name: str, at: Mapping[str, int]) -> "Graph":
    """A copy of the module compiled for the sizes ``at``."""
    import torch

    from models.export.graphs import as_graph
    from models.export.onnx_export import trace_sizes
    from models.export.signatures import example

    torch.compiler.reset()
    own = deepcopy(module)
    own.compile(dynamic=False)
    graph = as_graph(own)
    graph(**example(name, trace_sizes(module) | dict(at)))
    return graph


def compared(
    name: str,
    module: "nn.Module",
    ours: "Graph",
    compiled: "Graph | None",
    at: Mapping[str, int],
    rounds: int = _ROUNDS,
    turn: float = _TURN,
) -> Comparison:
    """One graph on all sides.

    Args:
        name: Of the graph.
        module: What eager runs.
        ours: The exported graph.
        compiled: The module compiled, where there was time for it.
        at: The free sizes.
        rounds: That count.
        turn: Seconds, at least, of a side's turn in one.
    """
    from models.export.graphs import as_graph
    from models.export.onnx_export import trace_sizes
    from models.export.signatures import example

    inputs = example(name, trace_sizes(module) | dict(at))
    sides = {OURS: ours, EAGER: as_graph(module)} | ({} if compiled is None else {COMPILED: compiled})
    error = float(np.abs(ours(**inputs) - sides[EAGER](**inputs)).max())
    spent: dict[str, list[float]] = {side: [] for side in sides}
    for round_ in range(rounds + 1):
        for side in sides if round_ % 2 else reversed(sides):
            taken = _turn(sides[side], inputs, turn)
            if round_:
                spent[side].append(taken)
    return Comparison({side: 1000 * statistics.median(values) for side, values in spent.items()}, error)


def _turn(graph: "Graph", inputs: Mapping[str, np.ndarray], least: float) -> float:
    """Seconds of processor time of a call, over as many calls as last ``least`` seconds."""
    calls, begun = 0, time.process_time()
    while not calls or time.process_time() - begun < least:
        graph(**inputs)
        calls += 1
    return (time.process_time() - begun) / calls


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread, as the sessions are."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(_THREADS)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
