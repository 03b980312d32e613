"""The video tower as an ONNX graph without weights: ``python -m models.contrastive.graph`` writes the packaged one.

Its initializers are named as in the safetensors file beside it, from which whoever runs it takes their values: the
weights exist once.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from models.contrastive.config import FOLDER, FRAMES, GRAPH, SIDE, WEIGHTS
from models.files import write_bytes

if TYPE_CHECKING:
    from models.contrastive.video import VideoTower

_OPSET = 20
_MOST = 256  # clips in a batch that the tracer is told of; the graph knows no limit


def video_graph(tower: "VideoTower") -> bytes:
    """The serialised graph: ``frames`` uint8 [B, F, 64, 64, 3] to ``vectors`` float32 [B, E], for any B and F."""
    import onnx
    import torch
    from torch.export import Dim

    example = torch.zeros(2, 5, SIDE, SIDE, 3, dtype=torch.uint8)
    sizes = {0: Dim("B", min=1, max=_MOST), 1: Dim("F", min=3, max=FRAMES)}  # the tracer tells fewer frames apart
    with torch.no_grad():
        traced = torch.export.export(tower, (example,), dynamic_shapes=(sizes,), strict=False)
        program = torch.onnx.export(
            traced,
            dynamo=True,
            input_names=["frames"],
            output_names=["vectors"],
            opset_version=_OPSET,
            optimize=False,
            external_data=False,
            verbose=False,
        )
    assert program is not None  # the dynamo exporter returns its program or raises
    model = program.model_proto
    names = set(tower.state_dict())
    for value in model.graph.initializer:
        if value.name in names:
            value.ClearField("raw_data")
            value.data_location = onnx.TensorProto.EXTERNAL
            value.external_data.add(key="location", value=WEIGHTS)
    for node in model.graph.node:  # where in the source each came from: nine tenths of the file
        node.ClearField("metadata_props")
        node.ClearField("doc_string")
    model.graph.ClearField("value_info")
    return bytes(model.SerializeToString(deterministic=True))


def main(folder: Path = FOLDER) -> None:
    """Write the graph of the weights in ``folder`` beside them."""
    from models.contrastive.storage import load_model

    write_bytes(folder / GRAPH, video_graph(load_model(folder)[0].video))


if __name__ == "__main__":
    main()
