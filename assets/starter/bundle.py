"""The starter as serving runs it: exported to ONNX, bundled and calibrated, at the size that it was trained at."""

from collections.abc import Sequence
from pathlib import Path

from assets.evaluation.calibration import calibration
from assets.evaluation.serving_config import serving_config
from assets.starter.latents import FRAMES, SIDE
from models.recipes import demo
from models.starter import AUTOENCODER, BACKBONE, KNOWN, STUDENT, UPSAMPLER
from serving.bundle import Bundle


def bundled(
    folder: Path,
    backbone: Path = BACKBONE,
    autoencoder: Path = AUTOENCODER,
    student: Path = STUDENT,
    known: Path = KNOWN,
    variants: Sequence[str] = (),
) -> Bundle:
    """The bundle of a backbone, written to ``folder``, with the demo's sampler and the starter upsampler; no sound.

    Args:
        folder: Where to.
        backbone: Folder of the model.
        autoencoder: Folder of the one whose latents it makes.
        student: Folder of its student.
        known: Folder of what takes known frames in its place.
        variants: Lighter ones of the graphs, beside the full ones (``models.export.variants``).

    Raises:
        WeightsDoNotFit: The student or the latter is another backbone's.
    """
    from models.backbone import load_backbone
    from models.distillation import KNOWN_FRAMES, STUDENTS
    from models.export.onnx_export import export_graphs
    from models.export.variants import export_variant
    from models.text.encoders import save_tokenizers
    from serving.bundle import write_bundle, write_manifest

    folders = {"backbone": backbone, "autoencoder": autoencoder, "upsampler": UPSAMPLER}
    folders["student"] = STUDENTS.merged(student, backbone, folder / "student")
    folders["known_backbone"] = KNOWN_FRAMES.merged(known, backbone, folder / "known_backbone")
    graphs = export_graphs(folders, folder / "graphs")
    tokenizers = save_tokenizers(load_backbone(backbone).config.text, folder / "graphs")
    config = serving_config(demo()).model_copy(update={"sizes": {"1:1": (SIDE, SIDE)}, "max_frames": FRAMES})
    bundle = folder / "bundle"
    manifest = write_bundle(
        bundle,
        name="starter",
        graphs=graphs,
        tokenizers=tokenizers,
        config=config,
        lineage={"model_version": None},
        variants={variant: export_variant(variant, graphs, folder / "graphs") for variant in variants},
    )
    config = config.model_copy(update={"calibration": calibration(bundle, demo().world)})
    write_manifest(bundle, manifest.model_copy(update={"config": config}))
    return Bundle.load(bundle)
