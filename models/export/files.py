"""Graphs on disk: one file, or one and its weights beside it where a single file could not hold them."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from models.files import atomic_path

if TYPE_CHECKING:
    import onnx_ir

EXTERNAL_ABOVE = 1 << 30
"""Bytes of weights from which on they lie in a file of their own; protobuf takes no more than 2 GiB in all."""

_LEAST = 1024  # bytes: what is smaller stays in the graph, where shapes are inferred from it


def data_file(graph: Path) -> Path:
    """Where the weights of ``graph`` lie if they do not lie in it."""
    return graph.with_name(f"{graph.name}.data")


def graph_bytes(graph: Path) -> int:
    """Bytes of a graph with its weights, wherever they lie."""
    return sum(path.stat().st_size for path in (graph, data_file(graph)) if path.exists())


def save_graph(model: "onnx_ir.Model", path: Path, external_above: int = EXTERNAL_ABOVE) -> None:
    """Write ``model`` to ``path``, its weights to :func:`data_file` if they are more than ``external_above`` bytes.

    Each file appears whole, the graph last: a graph that is there has its weights. What the tracer noted of where each
    node comes from, lines and paths of source code, is taken out.
    """
    import onnx_ir

    for part in (*model.graph, *model.graph.inputs, *model.graph.outputs, *model.graph.initializers.values()):
        part.metadata_props.clear()
    for node in model.graph:
        for output in node.outputs:
            output.metadata_props.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    if weights_bytes(model) <= external_above:
        with atomic_path(path) as temporary:
            onnx_ir.save(model, temporary, format="protobuf")
        data_file(path).unlink(missing_ok=True)
        return
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as scratch:
        whole = Path(scratch) / path.name  # under its own name: the graph names the file of its weights
        onnx_ir.save(model, whole, format="protobuf", external_data=data_file(whole).name, size_threshold_bytes=_LEAST)
        data_file(whole).replace(data_file(path))
        whole.replace(path)


def weights_bytes(model: "onnx_ir.Model") -> int:
    """Bytes of the weights of a graph that was traced or loaded."""
    return sum(value.const_value.nbytes for value in model.graph.initializers.values() if value.const_value is not None)
