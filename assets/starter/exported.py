"""The starters as serving runs them: ONNX graphs, without a graph for sound."""

import os
from pathlib import Path

from assets.evaluation.serving_config import serving_config
from models.recipes import demo
from models.starter import AUTOENCODER, BACKBONE, UPSAMPLER
from serving.bundle import OnnxGraph
from serving.pipeline import Pipeline


def exported(folder: Path, backbone: Path = BACKBONE, threads: int | None = None) -> Pipeline:
    """A pipeline over graphs that are written to ``folder``.

    Args:
        folder: For graphs and tokenizers.
        backbone: Whose latents are the starter autoencoder's.
        threads: Inside an operator; None: all cores of this process.
    """
    from models.backbone import load_backbone
    from models.export.onnx_export import export_graphs
    from models.text.encoders import save_tokenizers

    files = export_graphs({"backbone": backbone, "autoencoder": AUTOENCODER, "upsampler": UPSAMPLER}, folder)
    threads = threads or len(os.sched_getaffinity(0))
    graphs = {name: OnnxGraph(file, ["CPUExecutionProvider"], threads) for name, file in files.items()}
    return Pipeline(graphs, save_tokenizers(load_backbone(backbone).config.text, folder), serving_config(demo()))
