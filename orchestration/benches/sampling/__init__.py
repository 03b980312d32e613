"""Sampling: speed and checker score of schedules, step caching and few-step students, on the same prompts and seeds."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from assets.starter.bundle import bundled
from assets.starter.quality import asked
from models.files import write_text
from models.recipes import demo
from orchestration.benches.sampling.measured import figures, measured
from orchestration.benches.sampling.options import combinations, options_of, text_only
from orchestration.benches.sampling.report import curve, students, table
from orchestration.benches.sampling.reuse import reuse_errors
from serving.home import Home
from serving.pipeline import Pipeline

if TYPE_CHECKING:
    from serving.bundle import Bundle

_PROMPTS = 100
_SHOWN = 8  # of them, on the sheet


def run(prompts: int = _PROMPTS, bundle: "Bundle | None" = None, folder: Path | None = None) -> dict[str, float | str]:
    """Every option on held-out prompts at 64 px, two seconds each, by ONNX Runtime with all cores.

    Figures as :func:`orchestration.benches.sampling.measured.figures` and
    :func:`orchestration.benches.sampling.reuse.reuse_errors` say. The curve (``sampling.png``), clips of the
    first prompts by the teacher and its student (``students.png``) and the table of options and their combinations
    (``sampling.md``) are written to ``benches/`` of the home.

    Args:
        prompts: How many.
        bundle: The model; None: the starter with its student, exported now.
        folder: Where to write, instead.
    """
    from rich.console import Console

    console = Console(stderr=True)
    folder = folder or Home.from_env().root / "benches"
    with TemporaryDirectory(prefix="cinemill-sampling-") as scratch:
        model = bundle or bundled(Path(scratch))
        options = options_of(model.graphs)
        console.print(f"exported and calibrated; {len(options)} options")
        shown = asked(demo().world, "validation", prompts).prompts
        pipeline = Pipeline.from_bundle(model)
        errors = reuse_errors(model, options, shown)
        students(folder / "students.png", pipeline, options, shown[:_SHOWN])
        found = measured(pipeline, options, shown, lambda done, count: console.print(f"prompts: {done} of {count}"))
        allowed = combinations(text_only(model.graphs, model.tokenizers, model.config))
    curve(folder / "sampling.png", options, found)
    write_text(folder / "sampling.md", table(options, found, allowed))
    console.print(f"written: sampling.png, students.png and sampling.md in {folder}")
    rounded = {
        name: value if isinstance(value, str) else round(value, 4) for name, value in (figures(found) | errors).items()
    }
    return {"prompts": float(prompts)} | rounded
