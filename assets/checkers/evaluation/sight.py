"""Which things a judge can be asked about, and which of those that it found is meant."""

import numpy as np

from assets.checkers.things import Thing
from assets.world.truth import Track, Truth

_IN_SIGHT = 0.5  # share of a thing that must be seen, and inside the frame, ...
_LONG = 0.5  # ... in this share of the frames, for anything to be asked about it
_FOUND = 0.35  # short sides: how near to a true path its thing must be


def in_sight(truth: Truth) -> list[Track]:
    """Tracks that are seen well enough, for long enough, that a judge can be asked about them."""
    return [
        track for track in truth.tracks if ((track.seen >= _IN_SIGHT) & (track.inside >= _IN_SIGHT)).mean() >= _LONG
    ]


def nearest(track: Track, truth: Truth, found: tuple[Thing, ...]) -> Thing | None:
    """The thing whose path lies nearest to the true one."""
    height, width = truth.instances.shape[1:]
    short = min(height, width)
    x, y = (track.x - width / 2) / short, (track.y - height / 2) / short
    gaps = [float(np.nanmean(np.hypot(thing.x - x[thing.frames], thing.y - y[thing.frames]))) for thing in found]
    gaps = [gap if len(thing.frames) > 1 else np.inf for gap, thing in zip(gaps, found, strict=True)]
    best = int(np.argmin(gaps)) if gaps else -1
    return found[best] if gaps and gaps[best] < _FOUND else None
