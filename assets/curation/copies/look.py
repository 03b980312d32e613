"""The look of a clip: a few small pictures that stand for all of its frames, whenever they are shown.

Two clips are compared by their looks alone, so a look must not depend on frame rate, speed or start. Its pictures are
therefore chosen by content: a picture is kept while none of those kept is near it (a greedy covering, which becomes
farthest-point sampling once the look is full). Every frame of a clip, and so of a copy of it, is near one of them.
"""

import base64
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LUMA, CHROMA = 24, 12  # pixels a side of the stored planes; the aspect ratio is not kept: copies may be stretched
MOST = 16  # pictures of a look
NOISE = 16.0  # variance, in levels of 255 squared, that coding adds: below, a picture shows nothing
PICTURE = LUMA * LUMA + 2 * CHROMA * CHROMA  # bytes that one is stored in
_NEAR = 0.04  # residual (see ``residuals``) up to which one picture stands for another

Levels = NDArray[np.uint8]
Planes = NDArray[np.float32]


@dataclass(frozen=True)
class Look:
    """Small pictures of a clip, as planes of brightness and of the two colour differences (BT.601, 0..255).

    Attributes:
        luma: uint8 [K, 24, 24].
        chroma: uint8 [K, 12, 12, 2].
    """

    luma: Levels
    chroma: Levels

    def __len__(self) -> int:
        return len(self.luma)

    def packed(self) -> str:
        """Base64 text of 864 bytes a picture, for a manifest."""
        return base64.b64encode(self.stored()).decode("ascii")

    @classmethod
    def unpacked(cls, text: str) -> "Look":
        """The look that ``packed`` wrote. Raises ValueError for another text."""
        return cls.restored(base64.b64decode(text, validate=True))

    def stored(self) -> bytes:
        """``PICTURE`` bytes a picture."""
        return np.concatenate([self.luma.reshape(len(self), -1), self.chroma.reshape(len(self), -1)], axis=1).tobytes()

    @classmethod
    def restored(cls, content: bytes) -> "Look":
        """The look that ``stored`` gave. Raises ValueError for other bytes."""
        if not content or len(content) % PICTURE:
            raise ValueError(f"a look is a multiple of {PICTURE} bytes, not {len(content)}: measure the clip again")
        flat = np.frombuffer(content, np.uint8).reshape(-1, PICTURE)
        return cls(
            flat[:, : LUMA * LUMA].reshape(-1, LUMA, LUMA),
            flat[:, LUMA * LUMA :].reshape(-1, CHROMA, CHROMA, 2),
        )


class Gathering:
    """A look in the making: frames come one by one, in any order; a few a second are enough."""

    def __init__(self) -> None:
        self._kept: list[Look] = []  # of one picture each
        self._flat = np.zeros((0, 3 * LUMA * LUMA), np.float32)
        self._variance = np.zeros(0, np.float32)

    def add(self, picture: Levels) -> None:
        """Take in a frame uint8 [H, W, 3] RGB of any size."""
        self.take(shrunk(picture))

    def take(self, picture: Look) -> None:
        """Take in a frame that is small already: a look of one picture."""
        flat, variance = _flat(picture), _variance(picture)
        # Squared difference as a share of variance, planes alike: see ``residuals``.
        apart = ((self._flat - flat) ** 2).mean(axis=1) / ((variance + self._variance) / 2 + NOISE)
        if not len(apart) or apart.min() > _NEAR:
            self._kept.append(picture)
            self._flat = np.concatenate([self._flat, flat])
            self._variance = np.concatenate([self._variance, variance])

    def look(self) -> Look:
        """The look of the frames so far. Raises ValueError when there was none."""
        if not self._kept:
            raise ValueError("a look needs at least one frame")
        chosen = _spread(self._flat) if len(self._kept) > MOST else range(len(self._kept))
        return Look(
            np.concatenate([self._kept[number].luma for number in chosen]),
            np.concatenate([self._kept[number].chroma for number in chosen]),
        )


def shrunk(picture: Levels) -> Look:
    """The look of one frame uint8 [H, W, 3] RGB."""
    import cv2

    small = cv2.resize(picture, (LUMA * 2, LUMA * 2), interpolation=cv2.INTER_AREA)
    planes = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), np.uint8)
    luma = cv2.resize(planes[:, :, 0], (LUMA, LUMA), interpolation=cv2.INTER_AREA)
    chroma = cv2.resize(planes[:, :, 1:], (CHROMA, CHROMA), interpolation=cv2.INTER_AREA)
    return Look(np.asarray(luma, np.uint8)[None], np.asarray(chroma, np.uint8)[None])


def _flat(look: Look) -> Planes:
    """[K, D]: the planes side by side, each with the same weight."""
    colours = look.chroma.reshape(len(look), -1).repeat((LUMA // CHROMA) ** 2, axis=1)
    return np.concatenate([look.luma.reshape(len(look), -1), colours], axis=1).astype(np.float32)


def _variance(look: Look) -> Planes:
    """[K]: mean over the three planes of the variance within the plane."""
    colours = look.chroma.reshape(len(look), -1, 2).var(axis=1).sum(axis=1)
    return ((look.luma.reshape(len(look), -1).var(axis=1) + colours) / 3).astype(np.float32)


def _spread(flat: Planes) -> list[int]:
    """Farthest-point sampling: ``MOST`` rows, each the farthest from those before it. In their own order."""
    chosen = [0]
    distance = ((flat - flat[0]) ** 2).sum(axis=1)
    while len(chosen) < MOST:
        chosen.append(int(distance.argmax()))
        distance = np.minimum(distance, ((flat - flat[chosen[-1]]) ** 2).sum(axis=1))
    return sorted(chosen)
