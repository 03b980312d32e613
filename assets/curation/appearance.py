"""Appearance of a picture: named colours."""

import numpy as np

# Hue in OpenCV's degrees / 2: upper end of each band. Red closes the circle.
_HUES = ((8, "red"), (22, "orange"), (33, "yellow"), (85, "green"), (100, "cyan"), (130, "blue"), (148, "purple"))
COLOURS = ("black", "grey", "white", "brown", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")


def colour_shares(picture: np.ndarray) -> np.ndarray:
    """Share of each of ``COLOURS`` in a picture uint8 [H,W,3] RGB: float [C], sums to 1."""
    import cv2

    hue, saturation, value = cv2.split(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV))
    cells = hue + _SATURATIONS[saturation] + _VALUES[value]
    return np.asarray(np.bincount(cells.ravel(), minlength=len(_COLOUR_OF)) @ _COLOUR_OF / hue.size)


def _bands(edges: tuple[int, ...], step: int) -> np.ndarray:
    """For each of 256 levels ``step`` times the number of edges that are not above it."""
    return (np.searchsorted(edges, np.arange(256), "right") * step).astype(np.uint16)


def _colours() -> np.ndarray:
    """One row [C] for each cell of hue, saturation and value, with a 1 at its colour."""
    value, saturation, hue = (part.ravel() for part in np.indices((len(_VALUE_EDGES) + 1, 2, _HUE_COUNT)))
    named = np.full(hue.shape, COLOURS.index("pink"))
    named[hue > 172] = COLOURS.index("red")
    for upper, name in reversed(_HUES):
        named[hue <= upper] = COLOURS.index(name)
    warm = np.isin(named, [COLOURS.index("orange"), COLOURS.index("yellow")])
    named[warm & (value < 2)] = COLOURS.index("brown")
    named[saturation == 0] = COLOURS.index("grey")
    named[(saturation == 0) & (value == 3)] = COLOURS.index("white")
    named[value == 0] = COLOURS.index("black")
    return np.eye(len(COLOURS))[named]


_HUE_COUNT = 180
_VALUE_EDGES = (45, 140, 201)  # darker is black; darker orange is brown; brighter grey is white
_SATURATIONS = _bands((40,), _HUE_COUNT)  # less is grey
_VALUES = _bands(_VALUE_EDGES, 2 * _HUE_COUNT)
_COLOUR_OF = _colours()
