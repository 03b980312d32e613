"""Variants of exported graphs: the same computation with smaller weights."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from models.export.files import EXTERNAL_ABOVE, data_file, save_graph

if TYPE_CHECKING:
    import onnx_ir

FP16, INT8 = "fp16", "int8"
VARIANTS = (FP16, INT8)

_LEAST = 1024  # weights: below that a node more costs what it saves
_LARGEST = float(np.finfo(np.float16).max)


class UnknownVariant(ValueError):
    """A variant that nothing here makes."""


def export_variant(
    variant: str, graphs: Mapping[str, Path], folder: Path, external_above: int = EXTERNAL_ABOVE
) -> dict[str, Path]:
    """Write a variant of exported graphs to ``folder``, each as ``GRAPH.VARIANT.onnx``; the files, by graph.

    ``fp16`` stores the weights of every graph as halves and computes in float32: ONNX Runtime turns them back when it
    loads the graph, on a CPU as on a GPU, so that a call takes the time and memory that it took. ``int8`` quantises the
    matrices of text encoders and transformers, each output by its own scale, and the states that are multiplied with
    them as they come; what is no matrix is stored as halves. The autoencoders and the upsampler have convolutions,
    which ``int8`` leaves alone.

    Args:
        variant: One of :data:`VARIANTS`.
        graphs: Files of the exported graphs, by name.
        folder: Where to; made if absent.
        external_above: As for :func:`models.export.onnx_export.export_graph`.

    Raises:
        UnknownVariant: It is none of them.
    """
    if variant not in VARIANTS:
        raise UnknownVariant(f"there is no variant {variant!r} of a graph: use {', '.join(VARIANTS)}")
    made = {}
    for name, path in graphs.items():
        target = folder / f"{name}.{variant}.onnx"
        if variant == FP16:
            _halve(path, target, external_above)
        elif quantised(name):
            _quantise(path, target, external_above)
        else:
            continue
        made[name] = target
    return made


def quantised(name: str) -> bool:
    """Whether ``int8`` quantises a graph: text encoders and transformers, whatever their conditions."""
    return name.startswith("text_") or name.endswith("backbone") or name == "student"


def _quantise(source: Path, target: Path, external_above: int) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as scratch:
        folded, smaller = Path(scratch) / "folded.onnx", Path(scratch) / target.name
        _fold(source, folded)
        model = onnx.load(folded)
        del model.graph.value_info[:]  # of the graph before it was folded, in places
        add_pre_process_metadata(model)  # else a warning asks for what was just done
        quantize_dynamic(
            model,
            smaller,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            weight_type=QuantType.QInt8,
            reduce_range=True,  # seven bits: processors without VNNI add products of eight in sixteen, and saturate
            use_external_data_format=data_file(folded).exists(),
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": 1},
        )
        _halve(smaller, target, external_above)


def _fold(source: Path, target: Path) -> None:
    """Compute what is constant, as ONNX Runtime does at load: the tracer leaves matrices to be transposed."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    if data_file(source).exists():
        options.add_session_config_entry(
            "session.optimized_model_external_initializers_file_name", data_file(target).name
        )
        options.add_session_config_entry("session.optimized_model_external_initializers_min_size_in_bytes", str(_LEAST))
    onnxruntime.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def _halve(source: Path, target: Path, external_above: int) -> None:
    """Store float32 weights as float16 behind a node that casts them back; those that halves cannot hold stay."""
    import onnx_ir
    from onnx_ir.external_data import load_to_model

    model = load_to_model(onnx_ir.load(source))
    for value in list(model.graph.initializers.values()):
        tensor = value.const_value
        if tensor is None or tensor.dtype != onnx_ir.DataType.FLOAT or tensor.size < _LEAST:
            continue
        weights = tensor.numpy()
        if np.abs(weights).max() <= _LARGEST:
            _cast(model, value, weights.astype(np.float16))
    save_graph(model, target, external_above)


def _cast(model: "onnx_ir.Model", value: "onnx_ir.Value", halves: np.ndarray) -> None:
    """Put halves and a cast in the place of an initializer."""
    import onnx_ir

    name = value.name
    assert name is not None  # initializers have names
    half = f"{name}_half"
    stored = onnx_ir.Value(
        name=half,
        shape=onnx_ir.Shape(halves.shape),
        type=onnx_ir.TensorType(onnx_ir.DataType.FLOAT16),
        const_value=onnx_ir.tensor(halves, name=half),
    )
    node = onnx_ir.node("Cast", [stored], {"to": onnx_ir.DataType.FLOAT.value})
    del model.graph.initializers[name]
    value.replace_all_uses_with(node.outputs[0])
    value.name = None
    node.outputs[0].name = name
    model.graph.initializers[half] = stored
    model.graph.insert_before(model.graph[0], node)
