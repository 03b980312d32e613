"""Describing: the looks of a file's clips, in one pass over the file."""

from collections.abc import Sequence
from pathlib import Path

from assets.curation.copies.look import LUMA, Gathering
from assets.ingestion.decode import TOLERANCE, timed_frames

RATE = 8.0  # frames a second that are looked at
_SIDE = LUMA * 4  # pixels: what the frames are reduced to at once, by area

Span = tuple[float, float]


def looks(work: tuple[str, Sequence[Span]]) -> list[str | None]:
    """The packed looks of spans of a file, in their order; ``None`` for a span in which no frame appears.

    Args:
        work: Path of the file, and spans (start, end) in seconds since its first frame.

    Raises:
        Whatever the decoder raises.
    """
    path, spans = work
    found: dict[int, str] = {}
    gathered: dict[int, Gathering] = {}
    due: dict[int, float] = {}
    for timed in timed_frames(Path(path)) if spans else ():
        for number in [one for one in gathered if timed.seconds >= spans[one][1] - TOLERANCE]:
            found[number] = gathered.pop(number).look().packed()  # memory stays flat in the length of the file
        shown = [
            number
            for number, (start, end) in enumerate(spans)
            if max(start, due.get(number, 0.0)) <= timed.seconds + TOLERANCE < end
        ]
        if shown:
            picture = timed.upright((_SIDE, _SIDE))
            for number in shown:
                gathered.setdefault(number, Gathering()).add(picture)
                due[number] = timed.seconds + 1 / RATE
    found |= {number: gathering.look().packed() for number, gathering in gathered.items()}
    return [found.get(number) for number in range(len(spans))]
