"""What a stream shows whose prompt changes, as a picture."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from assets.pictures import contact_sheet
from serving.live import Chunk, Prompt, chunks
from serving.media.sheet import stills
from serving.pipeline import Pipeline

PROMPTS = (
    "a red ball stays still on a blue background",
    "a green star spins on a yellow background",
    "a blue car drives right on a white background",
    "a purple robot jumps on a cyan background",
)
_EACH = 3  # chunks of each prompt
_STILLS = 5


def sheet(path: Path, pipeline: Pipeline) -> Path:
    """Write every chunk of a stream under each of ``PROMPTS`` in turn: when it begins, and its prompt."""
    cells, frames = [], 0
    for chunk in _under_each(pipeline):
        cells.append((stills(chunk.frames, _STILLS), f"{frames / chunk.fps:.1f} s: {chunk.prompt}"))
        frames += len(chunk.frames)
    return contact_sheet(path, cells, columns=2)


def _under_each(pipeline: Pipeline) -> Iterator[Chunk]:
    prompt = Prompt(PROMPTS[0])
    made = chunks(pipeline, prompt)
    for text in PROMPTS:
        prompt.change(text)
        yield from islice(made, _EACH)
