"""The ablations: ``python -m assets.ablations FOLDER``, about an hour on one busy core; killed, it goes on."""

import logging
import sys
from pathlib import Path

from assets.ablations.cells import run
from assets.ablations.recipe import Recipe
from assets.ablations.report import write


def main(folder: Path, recipe: Recipe | None = None) -> None:
    """Make the cells that ``folder`` lacks, and leave the page, the figures and the picture in it."""
    import torch

    torch.set_num_threads(1)  # one order of sums
    shared = recipe or Recipe()
    write(run(shared, folder), shared, folder)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main(Path(sys.argv[1]))
