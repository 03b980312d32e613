"""The starter as serving runs it: exported to ONNX, bundled and calibrated, at the size that it was trained at."""

from pathlib import Path

from assets.evaluation.calibration import calibration
from assets.evaluation.serving_config import serving_config
from assets.starter.latents import FRAMES, SIDE
from models.recipes import demo
from models.starter import AUTOENCODER, BACKBONE
from serving.bundle import Bundle


def served(folder: Path, backbone: Path = BACKBONE, autoencoder: Path = AUTOENCODER) -> Bundle:
    """The bundle of a backbone, written to ``folder``, with the demo's sampler."""
    from models.backbone import load_backbone
    from models.export.onnx_export import export_graphs
    from models.text.encoders import save_tokenizers
    from serving.bundle import write_bundle, write_manifest

    graphs = export_graphs({"backbone": backbone, "autoencoder": autoencoder}, folder / "graphs")
    tokenizers = save_tokenizers(load_backbone(backbone).config.text, folder / "graphs")
    config = serving_config(demo()).model_copy(update={"sizes": {"1:1": (SIDE, SIDE)}, "max_frames": FRAMES})
    bundle = folder / "bundle"
    manifest = write_bundle(
        bundle, name="starter", graphs=graphs, tokenizers=tokenizers, config=config, lineage={"model_version": None}
    )
    config = config.model_copy(update={"calibration": calibration(bundle, demo().world)})
    write_manifest(bundle, manifest.model_copy(update={"config": config}))
    return Bundle.load(bundle)
