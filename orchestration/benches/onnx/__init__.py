"""ONNX Runtime, as serving calls it, against torch eager and torch.compile: each exported graph in float32."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
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
_ALL_CORES = "backbone_all_cores"
_ROUNDS = 9  # and one to warm up
_ROUNDS_ALL_CORES = 60  # wall-clock seconds of several threads vary by a quarter from round to round
_TURN = 0.15  # seconds that a side's turn lasts, at least
_PAUSE = 0.2  # seconds before a turn on several cores: ONNX Runtime's threads wait for work that long, and busily
_COMPILING = 120.0  # seconds, from which on nothing more is compiled

Clock = Callable[[], float]


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

    ``GRAPH_ms`` are milliseconds of processor time of a call of ours on one thread; ``GRAPH_ratio`` is eager's time
    over ours, and ``GRAPH_compiled_ratio`` torch.compile's (fixed sizes): missing where two minutes of compiling were
    over before. Medians of nine rounds in which the sides take turns, the order reversed every round. ``worst_ratio``
    is the least of the ratios to eager, ``max_error`` the largest absolute difference of any output. The guided step
    of the network that makes video has ``backbone_ratio``; ``backbone_all_cores_...`` are of the same step on all
    cores, as serving runs it, in wall-clock time and sixty rounds.
    """
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graphs

    profile = demo()
    at = sizes(profile, profile.backbone.text)
    with tempfile.TemporaryDirectory(prefix="cinemill-onnx-") as scratch:
        folders = networks(profile, Path(scratch))
        files, modules = export_graphs(folders, Path(scratch) / "graphs"), graph_modules(folders)
        found = _compared(files, modules, at)
        found[_ALL_CORES] = _on_all_cores(files["backbone"], modules["backbone"], at["backbone"])
    return figures(found)


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
    return rounded | {"max_error": float(np.max([one.error for one in found.values()]))}  # max() would lose NaN


def _compared(
    files: Mapping[str, Path], modules: Mapping[str, "nn.Module"], at: Mapping[str, Mapping[str, int]]
) -> dict[str, Comparison]:
    """Each graph on one thread; the backbone first, so that it is compiled in any case."""
    from serving.bundle import OnnxGraph

    left, found = _COMPILING, {}
    with torch_threads(1):
        for name in sorted(modules, key=lambda name: name != "backbone"):
            ours = OnnxGraph(files[name], ["CPUExecutionProvider"], 1)
            begun = time.monotonic()
            compiled = compiled_graph(modules[name], name, at[name]) if left > 0 else None
            left -= time.monotonic() - begun
            found[name] = compared(name, modules[name], ours, compiled, at[name])
    return found


def _on_all_cores(file: Path, module: "nn.Module", at: Mapping[str, int]) -> Comparison:
    """The backbone with as many threads as this process has cores, which is what serving takes unless told."""
    from serving.bundle import OnnxGraph

    ours = OnnxGraph(file, ["CPUExecutionProvider"], None)
    with torch_threads(len(os.sched_getaffinity(0))):
        return compared("backbone", module, ours, None, at, _ROUNDS_ALL_CORES, clock=time.perf_counter, pause=_PAUSE)


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
    clock: Clock = time.process_time,
    pause: float = 0.0,
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
        clock: Tells seconds.
        pause: Seconds before each turn.
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
            time.sleep(pause)
            taken = _turn(sides[side], inputs, turn, clock)
            if round_:
                spent[side].append(taken)
    return Comparison({side: 1000 * statistics.median(values) for side, values in spent.items()}, error)


def _turn(graph: "Graph", inputs: Mapping[str, np.ndarray], least: float, clock: Clock) -> float:
    """Seconds that a call takes, over as many calls as last ``least`` seconds."""
    calls, begun = 0, clock()
    while not calls or clock() - begun < least:
        graph(**inputs)
        calls += 1
    return (clock() - begun) / calls


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Torch on so many threads, as the sessions are."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
