"""A recording of a film for its looks: small pictures of all of it, kept until its clips are known."""

import tempfile
from array import array
from collections.abc import Sequence

import numpy as np

from assets.curation.copies.look import PICTURE, Gathering, Look, shrunk
from assets.curation.signals.frame import Frame
from assets.curation.spans import Span

RATE = 8.0  # frames a second that are looked at
_EDGE = 1e-6  # seconds


class Recording:
    """The film at eight small pictures a second.

    Which pictures stand for a clip depends on where it ends, and that is known last. They wait in an unnamed file, 7 kB
    a second of film, so that memory does not grow with its length.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the recording, and goes with it
        self._seconds = array("d")

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._seconds and frame.seconds - self._seconds[-1] < 1 / RATE - _EDGE:
            return
        self._file.write(shrunk(frame.picture).stored())
        self._seconds.append(frame.seconds)

    def close(self) -> None:
        """Let the pictures go."""
        self._file.close()

    def looks(self, spans: Sequence[Span]) -> list[str | None]:
        """The packed looks of spans (start, end) in seconds; ``None`` for one between two of its pictures."""
        return [self._look(span) for span in spans]

    def _look(self, span: Span) -> str | None:
        low, high = np.searchsorted(np.array(self._seconds), np.array(span) - _EDGE).tolist()
        if low == high:
            return None
        gathering = Gathering()
        self._file.seek(low * PICTURE)
        for _ in range(low, high):
            gathering.take(Look.restored(self._file.read(PICTURE)))
        return gathering.look().packed()
