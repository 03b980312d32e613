"""Films of the starter networks under memory budgets: what is predicted against what they take, from latent to file."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from orchestration.benches.envelope import in_fresh_process
from orchestration.benches.memory.case import Case

_MIB = 2**20
_WIDE, _SQUARE, _SMALL = (64, 112), (96, 96), (64, 64)
CASES = {
    "480p": Case(_WIDE, (480, 854), frames=32, budget=150),
    "480p_long": Case(_WIDE, (480, 854), frames=128, budget=600, sound=True),
    "480p_plain": Case(_WIDE, (480, 854), frames=128, budget=140, upsampler=False, sound=True),
    "square_480p": Case(_SMALL, (480, 480), frames=32, budget=400),
    "square_480p_tight": Case(_SQUARE, (480, 480), frames=64, budget=130),
    "square_720p": Case(_SQUARE, (720, 720), frames=32, budget=350),
    "square_1080p": Case(_SMALL, (1080, 1080), frames=32, budget=450),
    "1080p": Case(_WIDE, (1080, 1920), frames=32, budget=650),
    "1080p_plain": Case(_WIDE, (1080, 1920), frames=64, budget=600, upsampler=False, sound=True),
}


def run(cases: Mapping[str, Case] = CASES) -> dict[str, float]:
    """Every figure; each film is of a random latent and made in a fresh process.

    Of each case, in MiB: ``budget_mib_CASE``; ``predicted_mib_CASE`` above the process that has loaded graphs and
    libraries; ``peak_mib_CASE``, what it takes while the latent is decoded, enlarged, marked and encoded. ``..._plain``
    has no upsampler. ``trial_seconds_CASE`` is what finding the tiles takes, ``film_seconds_CASE`` the film.
    ``memory_error_worst`` is the largest share of its peak that a prediction is off by, ``over_budget_worst`` the
    largest peak over its budget.
    """
    with TemporaryDirectory(prefix="cinemill-memory-") as scratch:
        exported(Path(scratch))
        found = {name: measured(Path(scratch), case) for name, case in cases.items()}
    return {name: round(value, 4) for name, value in summed(cases, found).items()}


def exported(folder: Path) -> None:
    """The graphs of the starter's decoder and upsampler, in ``folder``."""
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graph
    from models.starter import AUTOENCODER, UPSAMPLER

    modules = graph_modules({"autoencoder": AUTOENCODER, "upsampler": UPSAMPLER})
    for name in ("autoencoder_decode", "upsampler"):
        export_graph(name, modules[name], folder)


def measured(folder: Path, case: Case) -> dict[str, float]:
    """What a case in a fresh process tells: ``apart.film``. Raises ProcessFailed."""
    return in_fresh_process("orchestration.benches.memory.apart", folder, json.dumps(asdict(case)))


def summed(cases: Mapping[str, Case], found: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """The figures of ``run`` from what each case tells."""
    figures = {
        "memory_error_worst": max(abs(one["predicted"] - one["peak"]) / one["peak"] for one in found.values()),
        "over_budget_worst": max(one["peak"] / (cases[name].budget * _MIB) for name, one in found.items()),
    }
    for name, one in found.items():
        figures[f"budget_mib_{name}"] = cases[name].budget
        figures |= {f"{key}_mib_{name}": one[key] / _MIB for key in ("predicted", "peak")}
        figures |= {f"{key}_{name}": one[key] for key in ("trial_seconds", "film_seconds")}
    return figures
