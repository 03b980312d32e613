"""The curation's signals against known truth and against the tools that each do a part of it."""

import tempfile
from pathlib import Path


def run() -> dict[str, float]:
    """Figures of shots, motion and stillness, camera, speed with text, memory, and copies.

    Raises:
        PeerMissing: a tool that it compares with is not installed.
        FootageMissing: the packages whose footage the reels are made of are not installed.
    """
    # Here: the pass runs in processes that import this package, and is not to pay for the benches' own needs.
    from orchestration.benches import copies
    from orchestration.benches.curation.camera import camera_figures
    from orchestration.benches.curation.memory import memory_figures
    from orchestration.benches.curation.motion import motion_figures
    from orchestration.benches.curation.peers import ffmpeg, require
    from orchestration.benches.curation.shots import shot_figures
    from orchestration.benches.curation.speed import speed_figures

    require("rapidocr_onnxruntime")
    ffmpeg()
    with tempfile.TemporaryDirectory(prefix="cinemill-curation-") as name:
        folder = Path(name)
        return {
            **shot_figures(folder),
            **motion_figures(folder),
            **camera_figures(folder),
            **speed_figures(folder),
            **memory_figures(folder),
            **copies.run(),
        }
