"""What the starter backbone draws: ``python -m assets.starter.sheet PICTURE [wide|fast]``, a minute or two."""

import sys
from pathlib import Path

from assets.evaluation.samples import judged
from assets.pictures import contact_sheet
from assets.starter.latents import SIDE
from assets.starter.quality import FORMS, USUAL, Form, asked, sampled
from models.recipes import demo
from models.starter import BACKBONE

_SHOWN = 24


def sheet(picture: Path, form: Form = USUAL, backbone: Path = BACKBONE, shown: int = _SHOWN) -> Path:
    """Write a sheet of the first held-out prompts, none left out, four frames each, with what the checkers see."""
    prompts = asked(demo().world, "validation", shown, form).prompts
    clips = sampled(backbone, prompts, form=form)
    cells = []
    for seed, (prompt, clip) in enumerate(zip(prompts, clips, strict=True)):
        sample = judged(prompt, seed, clip, fps=form.fps)
        cells.append((list(sample.frames), f"{prompt.text}: {sample.verdict}"))
    side = max(form.height, form.width)
    return contact_sheet(picture, cells, columns=3 if side == SIDE else 2, side=side)


if __name__ == "__main__":
    sheet(Path(sys.argv[1]), FORMS[sys.argv[2] if len(sys.argv) > 2 else "usual"])
