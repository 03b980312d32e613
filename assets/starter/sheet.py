"""A sheet of what the starter backbone draws: ``python -m assets.starter.sheet PICTURE``, half a minute."""

import sys
from pathlib import Path

from assets.evaluation.samples import judged
from assets.pictures import contact_sheet
from assets.starter.quality import asked, sampled
from models.recipes import demo
from models.starter import BACKBONE

_SHOWN = 24


def sheet(picture: Path, backbone: Path = BACKBONE, shown: int = _SHOWN) -> Path:
    """Write a sheet of the first held-out prompts, none left out, four frames each, with what the checkers see."""
    prompts = asked(demo().world, "validation", shown).prompts
    clips = sampled(backbone, prompts)
    samples = [judged(prompt, seed, clip) for seed, (prompt, clip) in enumerate(zip(prompts, clips, strict=True))]
    cells = [(list(sample.frames), f"{sample.prompt.text}: {sample.verdict}") for sample in samples]
    return contact_sheet(picture, cells, columns=3, side=64)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]))
