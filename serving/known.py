"""Known frames: what a video is to begin or end with, as the condition of a model that was trained to take it.

Shapes: C latent channels, T latent frames of eight pixel frames, h w latent height and width.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from serving.drawing import require_whole
from serving.errors import RequestRefused
from serving.features import LATENT_STRIDE
from serving.media.resize import cover
from serving.picture_moderation import read_allowed
from serving.sampling.guidance import Graph
from serving.sampling.led import Led
from serving.sampling.sampler import Sampler
from serving.sampling.solver import Velocity

KNOWN = "known_backbone"
"""The graph of a model that takes known frames."""

MASKS = 2  # channels that say what of a latent frame is known: of one that is whole, of a picture

Encode = Callable[[np.ndarray], np.ndarray]
"""From frames uint8 [F, H, W, 3] to their latent [1, C, T, h, w]."""

LED_UNTIL = 0.85
"""Time up to which the latent frames of pictures are led to these: it settles looks and places, and leaves motion."""

SMALLEST = 32  # pixels a side of a picture
_STRETCH = 2.0  # how far its aspect ratio may be from the video's: more would crop half of it away
_FIRST, _LAST = 1.0, -1.0  # what the mask of pictures says of one


@dataclass(frozen=True)
class Ends:
    """Pictures that a video begins and ends with, uint8 [H, W, 3] of any size; at least one.

    Raises:
        RequestRefused: there is none, or one is no such array or smaller than :data:`SMALLEST`.
    """

    first: np.ndarray | None = None
    last: np.ndarray | None = None

    @classmethod
    def read(cls, first: Path | None, last: Path | None) -> "Ends | None":
        """The pictures in files; None where no file is given.

        Raises:
            MediaError: one cannot be read, or is too large.
            PictureRefused, ModerationMissing: the content policy does not allow one, or nothing can tell.
            RequestRefused: one is too small.
        """
        if first is None and last is None:
            return None
        return cls(*(None if path is None else read_allowed(path) for path in (first, last)))

    @property
    def named(self) -> str:
        """The pictures by the digests of their pixels, in words: for records."""
        given = {"begins": self.first, "ends": self.last}
        return ", ".join(
            f"{verb} with picture {hashlib.sha256(picture.tobytes()).hexdigest()[:16]}"
            for verb, picture in given.items()
            if picture is not None
        )

    def among(self, windows: int) -> "list[tuple[int, Ends]]":
        """Which of so many windows have which pictures: one has all, of several the first (0) and last (-1) theirs."""
        if windows == 1:
            return [(0, self)]
        first = [] if self.first is None else [(0, Ends(first=self.first))]
        return first if self.last is None else [*first, (-1, Ends(last=self.last))]

    def require_fits(self, frames: int) -> None:
        """Raise RequestRefused unless a video of so many frames can begin and end so."""
        if frames <= LATENT_STRIDE:
            raise RequestRefused(f"a video that begins or ends with a picture has more than {LATENT_STRIDE} frames")
        if self.last is not None and frames % LATENT_STRIDE:
            raise RequestRefused(
                f"a video that ends with a picture has a multiple of {LATENT_STRIDE} frames, not {frames}: ask for "
                "another length"
            )

    def __post_init__(self) -> None:
        given = [picture for picture in (self.first, self.last) if picture is not None]
        if not given:
            raise RequestRefused("give the picture that the video begins with, or the one that it ends with")
        for picture in given:
            if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[-1] != 3:
                raise RequestRefused(f"a picture is uint8 [H, W, 3], not {picture.dtype} {list(picture.shape)}")
            if min(picture.shape[:2]) < SMALLEST:
                raise RequestRefused(
                    f"a picture of {picture.shape[1]}x{picture.shape[0]} pixels is too small: give at least "
                    f"{SMALLEST} a side"
                )


def fitted(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A picture that fills ``size`` (height, width); what sticks out is cropped evenly.

    Raises:
        RequestRefused: more than half of it would be.
    """
    rows, columns = picture.shape[:2]
    stretch = (columns / rows) / (size[1] / size[0])
    if not 1 / _STRETCH <= stretch <= _STRETCH:
        raise RequestRefused(
            f"a picture of {columns}x{rows} pixels does not fit a video of {size[1]}x{size[0]}: more than half of it "
            "would be cut away; ask for another aspect ratio, or crop it"
        )
    return cover(picture[None], size)[0]


def ends_known(
    ends: Ends, frames: int, size: tuple[int, int], encode: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The condition [C + 2, T, h, w] of a video of ``frames`` frames of ``size`` that has these ends.

    Args:
        ends: The pictures.
        frames: Of the video, as ``Ends.require_fits`` allows.
        size: (height, width) in pixels.
        encode: The model's autoencoder.

    Raises:
        RequestRefused: a picture does not fit.
    """
    length = -(-frames // LATENT_STRIDE)
    known = None
    for picture, place, sign in ((ends.first, 0, _FIRST), (ends.last, -1, _LAST)):
        if picture is not None:
            latent = encode(fitted(picture, size)[None])[0, :, 0]
            known = _nothing(latent.shape[0], length, latent.shape[1:]) if known is None else known
            known[:-MASKS, place] = latent
            known[-1, place] = sign
    assert known is not None  # there is an end
    return known


def require_plain(sampler: Sampler, reference: np.ndarray | None, ends: Ends | None) -> None:
    """Raise RequestRefused for steps cached or taken by a student with a reference or pictures: neither was made so."""
    if reference is not None or ends is not None:
        require_whole(sampler, "a reference" if ends is None else "pictures at the ends")


def led(velocity: Velocity, known: np.ndarray) -> Velocity:
    """A model's velocity that is led to the pictures of a condition [C + 2, T, h, w] until :data:`LED_UNTIL`."""
    places = {place: known[:-MASKS, place] for place in (0, -1) if known[-1, place].any()}
    return Led(velocity, places, LED_UNTIL)


def frames_known(before: np.ndarray, length: int) -> np.ndarray:
    """The condition [C + 2, T, h, w] of a latent of ``length`` frames that begins with ``before`` [C, K, h, w]."""
    channels, given, height, width = before.shape
    known = _nothing(channels, length, (height, width))
    known[:channels, :given] = before
    known[channels, :given] = 1
    return known


def knowing(graphs: Mapping[str, Graph]) -> Graph:
    """The graph of a model that takes known frames.

    Raises:
        RequestRefused: it has none.
    """
    if KNOWN not in graphs:
        raise RequestRefused(
            "this model was not trained to begin or end with pictures: promote one that was, or ask without them"
        )
    return graphs[KNOWN]


def _nothing(channels: int, length: int, sides: tuple[int, ...]) -> np.ndarray:
    return np.zeros((channels + MASKS, length, *sides), np.float32)
