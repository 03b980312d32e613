"""Appearance of a picture: named colours."""

import numpy as np

# Hue in OpenCV's degrees / 2: upper end of each band. Red closes the circle.
_HUES = ((8, "red"), (22, "orange"), (33, "yellow"), (85, "green"), (100, "cyan"), (130, "blue"), (148, "purple"))
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")


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
