"""A picture of the ablations: differences from ours, seed by seed."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from assets.ablations.cells import Cells
from assets.ablations.comparison import ABLATIONS, differences
from models.files import atomic_path

_SHOWN = {
    "flow_loss": "flow loss (less is better)",
    "score": "checker score (more is better)",
    "motion": "motion as asked (more is better)",
    "distance": "distance of latents (less is better)",
}


def draw(found: Cells, labels: Mapping[str, str], path: Path) -> Path:
    """Of each arm and seed, what the product's choice has more; bars are 95% intervals of the mean. A PNG.

    Args:
        found: Cells, with the best finetunes.
        labels: Of the arms.
        path: The picture.
    """
    from matplotlib.figure import Figure

    rows = [
        (f"{labels[ablation.one]} minus {labels[other]}", differences(found, ablation, other))
        for ablation in ABLATIONS
        for other in ablation.others
    ]
    figure = Figure(figsize=(13, 0.5 * len(rows) + 1.4), layout="constrained")
    for axes, (metric, title) in zip(
        np.atleast_1d(figure.subplots(1, len(_SHOWN), sharey=True)), _SHOWN.items(), strict=True
    ):
        for place, (_, compared) in enumerate(rows):
            one = compared[metric]
            better = one.mean * one.better > 0
            colour = ("tab:green" if better else "tab:red") if one.half < abs(one.mean) else "tab:gray"
            axes.errorbar(one.mean, place, xerr=one.half, fmt="D", color=colour, markersize=6, capsize=3)
            axes.scatter(one.values, np.full(len(one.values), place + 0.22), s=12, color="black", alpha=0.6)
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_title(title, fontsize=9)
        axes.set_yticks(range(len(rows)), [name for name, _ in rows], fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
        axes.locator_params(axis="x", nbins=4)
        axes.grid(visible=True, axis="x", alpha=0.25)
        axes.set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel(
        "difference: diamond mean with 95% interval, dots seeds; green better, red worse, grey undecided", fontsize=8
    )
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=110)
    return path
