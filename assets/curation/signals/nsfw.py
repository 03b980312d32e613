"""NSFW: an image classifier's score of a few frames."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from assets.curation.signals.frame import Frame
from assets.curation.signals.sparse import Looks, Watch
from serving.errors import ModerationMissing
from serving.picture_moderation import classifier, nsfw

_LEAST, _LONGEST = 3.0, 8.0  # seconds between looks at what changes, and at what does not


@dataclass(frozen=True)
class NsfwTrack:
    """The score of each look, or why nobody looked."""

    looks: Looks[float]
    reason: str | None

    def result(self, start: float, end: float) -> dict[str, Any]:
        """``nsfw``: highest probability of a sampled frame, 0..1: below 0.2 safe, above 0.8 not (Yahoo's guidance)."""
        seen = self.looks.between(start, end)
        if not seen:
            return {"nsfw": None, "missing": {"nsfw": self.reason or "no frame of the span was looked at"}}
        return {"nsfw": round(max(seen), 4)}


class Nsfw:
    """Scores a frame after each change of the picture, at most every 3 s, by Yahoo's Open NSFW network."""

    def __init__(self) -> None:
        self._watch: Watch[np.ndarray, float] = Watch(_LEAST, _LONGEST, nsfw)
        self._reason: str | None = None
        try:
            classifier()  # its network is loaded later, beside the decoding
        except ModerationMissing as error:
            self._reason = str(error)

    def see(self, frame: Frame) -> None:
        """Take the next frame."""
        if self._reason is None:
            self._watch.see(frame, lambda: frame.picture)

    def track(self) -> NsfwTrack:
        """What was seen."""
        return NsfwTrack(self._watch.looks(), self._reason)
