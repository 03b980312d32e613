"""Truth: what a rendered clip shows and sounds, known exactly because it was made so."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assets.world.camera import CameraPath

Visibility = Literal["visible", "occluded", "off-screen"]
Floats = NDArray[np.float64]

EFFECT, FRONT, TEXT = 253, 254, 255  # values of ``instances`` that are no objects


@dataclass(frozen=True, eq=False)
class Track:
    """One object over F frames, in pixels of the rendering.

    Attributes:
        kind, colour, size, identity, material: As specified; ``colour`` None means its own colours.
        motion: What it does; ``pushed`` for a thing at rest that another one moved, ``collected`` for one picked up.
        x, y: Centre, [F].
        extent: Longest side, [F].
        angle: Radians clockwise, [F].
        box: Left, top, right, bottom of its whole outline, the hidden and outlying parts included, [F, 4].
        inside: Share of its area inside the frame, [F].
        seen: Share of its area that nothing hides, [F].

    Where the object is gone, numbers are NaN and shares 0.
    """

    kind: str
    colour: str | None
    size: str
    identity: int | None
    material: str
    motion: str
    x: Floats
    y: Floats
    extent: Floats
    angle: Floats
    box: Floats
    inside: Floats
    seen: Floats


@dataclass(frozen=True)
class Event:
    """Something that is heard.

    Attributes:
        sample: Of its onset at 48 kHz; ``seconds`` is the same time.
        objects: Indices of tracks.
        material: What was struck, for an impact.
        until: End in seconds of a sound that lasts.
    """

    seconds: float
    sample: int
    kind: str
    visibility: Visibility
    objects: tuple[int, ...] = ()
    material: str | None = None
    until: float | None = None


@dataclass(frozen=True, eq=False)
class Truth:
    """Everything that is known of a rendering.

    Attributes:
        tracks: The objects, in the specification's order, which is front to back.
        events: In order of time.
        camera: Class of the camera's motion.
        path: The camera's place at each frame.
        text, text_box: Words over the picture and where: left, top, right, bottom in pixels.
        identity: Number of the first person.
        short: A caption of fewer than 12 words.
        long: A caption of 60 to 120 words.
        instances: uint8 [F, H, W]: 0 background, 1 + index of the object that is seen, or EFFECT, FRONT, TEXT.
    """

    tracks: tuple[Track, ...]
    events: tuple[Event, ...]
    camera: str
    path: CameraPath
    text: str | None
    text_box: tuple[int, int, int, int] | None
    identity: int | None
    short: str
    long: str
    instances: NDArray[np.uint8]

    def mask(self, index: int) -> NDArray[np.bool_]:
        """Where object ``index`` is seen, [F, H, W]."""
        return np.asarray(self.instances == index + 1)

    def as_json(self) -> dict[str, Any]:
        """A JSON value: everything but the masks, which rendering the specification again gives; NaN as null."""
        return {
            "tracks": [
                {key: _listed(value) if isinstance(value, np.ndarray) else value for key, value in vars(track).items()}
                for track in self.tracks
            ],
            "events": [asdict(event) for event in self.events],
            "camera": {"kind": self.camera, **{key: _listed(value, 5) for key, value in vars(self.path).items()}},
            "text": self.text,
            "text_box": self.text_box,
            "identity": self.identity,
            "short": self.short,
            "long": self.long,
        }


def _listed(values: Floats, digits: int = 3) -> Any:
    """Numbers as lists, rounded; NaN as None."""
    if values.ndim > 1:
        return [_listed(row, digits) for row in values]
    return [None if math.isnan(value) else round(value, digits) for value in values.tolist()]
