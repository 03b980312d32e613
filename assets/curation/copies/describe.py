"""Describing: the looks of spans of a file, in a pass of their own; curation's one pass records them by the way."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from assets.curation.analysis import watch
from assets.curation.copies.recording import Recording
from assets.curation.spans import Span


def looks(work: tuple[str, Sequence[Span]]) -> list[str | None]:
    """The packed looks of spans of a file, in their order; ``None`` for a span in which no frame is looked at.

    Args:
        work: Path of the file, and spans (start, end) in seconds since its first frame.

    Raises:
        Whatever the decoder raises.
    """
    path, spans = work
    with closing(Recording()) as recording:
        for frame in watch(Path(path)) if spans else ():
            recording.see(frame)
        return recording.looks(spans)
