"""Describing: the looks of a file's clips, in one pass over the file."""

from collections.abc import Sequence
from pathlib import Path

from assets.curation.copies.look import LUMA, Gathering
from assets.ingestion.decode import timed_frames

RATE = 8.0  # frames a second that are looked at
_SIDE = LUMA * 4  # pixels: what the frames are reduced to at once, by area

Span = tuple[float, float]


def looks(work: tuple[str, Sequence[Span]]) -> list[str]:
    """The packed looks of spans of a file, in their order.

    Args:
        work: Path of the file, and spans (start, end) in seconds since its first frame.

    Raises:
        ValueError: A span holds no frame.
        Whatever the decoder raises.
    """
    path, spans = work
    gathered = [Gathering() for _ in spans]
    due = [start for start, _ in spans]
    for timed in timed_frames(Path(path)) if spans else ():
        shown = [
            number
            for number, (start, end) in enumerate(spans)
            if start - 1e-3 <= timed.seconds < end - 1e-3 and timed.seconds >= due[number] - 1e-3
        ]
        if shown:
            picture = timed.upright((_SIDE, _SIDE))
            for number in shown:
                gathered[number].add(picture)
                due[number] = timed.seconds + 1 / RATE
    return [one.look().packed() for one in gathered]
