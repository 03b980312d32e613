"""Long films of the starter weights as serving makes them: time, memory, seams, and whether a thing stays the same."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from orchestration.benches.envelope import in_fresh_process
from serving.home import Home
from serving.sampling.sampler import Overrides

if TYPE_CHECKING:
    from assets.evaluation.prompts import Prompt
    from orchestration.benches.long.films import Film
    from serving.pipeline import Pipeline

SHEET = "long.png"
_LENGTHS = (8, 16, 32, 64)  # seconds
_SECONDS = 16  # of the films of one prompt
_RESAMPLED = 2000
_STILLS = 12
_WAYS: dict[str, dict[str, Any]] = {
    "": {},
    "_planted": {"apart": True},
    "_continued": {"joined": "continued"},
    "_student": {"overrides": Overrides(student=4)},
}


def run(prompts: int = 20, seconds: float = _SECONDS, lengths: Sequence[int] = _LENGTHS) -> dict[str, float]:
    """Every figure, at 64 pixels with windows of two seconds and twelve steps, on one thread.

    ``seconds_per_second_Ns`` and ``peak_mib_Ns`` are of N seconds of shots, sampled and decoded in a fresh process;
    ``rss_growth`` is the longest film's peak over the shortest's. The others are means over films of one evaluation
    prompt each. ``seam`` is the change where a window or a decoded tile begins or has ended over that at like places
    between, with the bounds of its 95% bootstrap interval over films; ``seam_planted`` is the same of windows that
    share nothing, sampled from the same noise. ``seam_to_clips`` compares with what changes inside those windows, which
    are ordinary clips: of the places where windows begin or end and those between, the kind that changes more.
    ``consistency`` is the share of later glances of two seconds in which the checkers name the same kind and colour as
    in the first; ``consistency_planted`` that of the windows that share nothing, ``consistency_other``, the control,
    that of later glances held against the first one of another film. ``motion`` is the share of all glances in which
    the thing moves as asked. ``..._continued`` is of films whose windows go on from those before, ``..._student`` of
    blended ones that the student samples in four steps.

    A contact sheet of the longest film is written to ``benches/long.png`` in the home.
    """
    from assets.evaluation.prompts import EVALUATION_PROMPTS
    from assets.starter.bundle import bundled
    from orchestration.benches.long.films import pipeline

    with TemporaryDirectory(prefix="cinemill-long-") as scratch:
        folder = Path(scratch)
        served = bundled(folder).folder
        figures: dict[str, float] = {}
        for length in lengths:
            made = _apart(served, length, folder / f"{length}.raw")
            figures[f"seconds_per_second_{length}s"] = made["seconds"] / length
            figures[f"peak_mib_{length}s"] = made["peak_mib"]
        figures["rss_growth"] = figures[f"peak_mib_{max(lengths)}s"] / figures[f"peak_mib_{min(lengths)}s"]
        sheet(folder / f"{max(lengths)}.raw", max(lengths), Home.from_env().root / "benches" / SHEET)
        figures |= judged(pipeline(served), EVALUATION_PROMPTS[:prompts], seconds)
    return {name: round(value, 4) for name, value in figures.items()}


def judged(served: "Pipeline", prompts: "Sequence[Prompt]", seconds: float) -> dict[str, float]:
    """Seams, consistency and motion of films of each prompt, joined in every way; seeds are the prompts' places."""
    from orchestration.benches.long.films import consistency, film, glances, moving

    films: dict[str, list[Film]] = {}
    figures: dict[str, float] = {}
    for way, options in _WAYS.items():
        films[way] = [film(served, prompt.text, seconds, seed, **options) for seed, prompt in enumerate(prompts)]
        seen = [glances(one.frames) for one in films[way]]
        figures[f"consistency{way}"] = mean(map(consistency, seen))
        figures[f"motion{way}"] = mean(map(moving, prompts, seen))
        if not way:
            others = [other[0] for other in (*seen[1:], seen[0])]
            figures["consistency_other"] = mean(
                consistency([other, *one[1:]]) for other, one in zip(others, seen, strict=True)
            )
    apart = [figures_of_seams(films[way], way) for way in ("_continued", "_student")]
    return figures | compared(films[""], films["_planted"]) | apart[0] | apart[1]


def figures_of_seams(films: "Sequence[Film]", name: str = "") -> dict[str, float]:
    """Their mean seam, with the bounds of its 95% bootstrap interval over films."""
    seams = np.array([film.seam for film in films])
    drawn = np.random.default_rng(0).integers(len(seams), size=(_RESAMPLED, len(seams)))
    low, high = np.percentile(seams[drawn].mean(axis=1), [2.5, 97.5])
    return {f"seam{name}": float(seams.mean()), f"seam{name}_low": float(low), f"seam{name}_high": float(high)}


def compared(films: "Sequence[Film]", apart: "Sequence[Film]") -> dict[str, float]:
    """The figures of seams: of films, and of those whose windows share nothing."""
    inside = [film.change[1] for film in apart]
    at, between = zip(*(film.change for film in films), strict=True)
    kinds = [mean(change / usual for change, usual in zip(kind, inside, strict=True)) for kind in (at, between)]
    planted = mean(film.seam for film in apart)
    return figures_of_seams(films) | {"seam_planted": planted, "seam_to_clips": max(kinds)}


def sheet(raw: Path, seconds: int, picture: Path) -> None:
    """Write stills of a film of shots, a row of each, as a PNG."""
    from orchestration.benches.long.apart import shots
    from orchestration.benches.long.films import SIDE
    from serving.media.sheet import Row, contact_sheet, stills

    frames = np.fromfile(raw, np.uint8).reshape(-1, SIDE, SIDE, 3)
    rows, begun = [], 0.0
    for shot in shots(seconds):
        start, stop = (round(at / seconds * len(frames)) for at in (begun, begun + shot.seconds))
        label = f"{begun:g} to {begun + shot.seconds:g} s: {shot.prompt}"
        rows.append(Row(label, stills(frames[start:stop], _STILLS)))
        begun += shot.seconds
    contact_sheet(picture, rows)


def _apart(bundle: Path, seconds: int, file: Path) -> dict[str, float]:
    return in_fresh_process("orchestration.benches.long.apart", bundle, seconds, file)
