"""Appearance of a picture: named colours, and a hash that near copies share."""

import numpy as np

# Hue in OpenCV's degrees / 2: upper end of each band. Red closes the circle.
_HUES = ((8, "red"), (22, "orange"), (33, "yellow"), (85, "green"), (100, "cyan"), (130, "blue"), (148, "purple"))
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
_SIDE = 32  # pixels a side that the hash is made from
_KEPT = 8  # lowest frequencies a side that it keeps
HASH_BITS = _KEPT * _KEPT


def colour_shares(picture: np.ndarray) -> np.ndarray:
    """Share of each of ``COLOURS`` in a picture uint8 [H,W,3] RGB: float [C], sums to 1."""
    import cv2

    hue, saturation, value = (plane.astype(int) for plane in cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)))
    named = np.full(hue.shape, COLOURS.index("pink"))
    named[hue > 172] = COLOURS.index("red")
    for upper, name in reversed(_HUES):
        named[hue <= upper] = COLOURS.index(name)
    named[np.isin(named, [COLOURS.index("orange"), COLOURS.index("yellow")]) & (value < 140)] = COLOURS.index("brown")
    named[saturation < 40] = COLOURS.index("grey")
    named[(saturation < 40) & (value > 200)] = COLOURS.index("white")
    named[value < 45] = COLOURS.index("black")
    return np.bincount(named.ravel(), minlength=len(COLOURS)) / named.size


def perceptual_hash(gray: np.ndarray) -> int:
    """64 bits that survive resizing and recompression (DCT hash).

    Each bit says whether one of the 8x8 lowest frequencies of the picture, shrunk to 32x32, is above their median.

    Args:
        gray: Brightness, float [H,W], 0..1.
    """
    import cv2

    small = cv2.resize(gray.astype(np.float32), (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small)[:_KEPT, :_KEPT].ravel()
    low[0] = 0.0  # mean brightness says nothing of content
    # The margin keeps rounding noise of empty frequencies (a flat picture) from setting bits.
    bits = low > np.median(low) + 1e-4
    return int.from_bytes(np.packbits(bits).tobytes())


def hash_distance(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Differing bits of every pair: uint64 [A], uint64 [B] -> int [A,B], 0..64."""
    return np.bitwise_count(first[:, None] ^ second[None, :]).astype(int)
