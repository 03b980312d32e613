import numpy as np
import pytest

from assets.curation.appearance import COLOURS, colour_shares


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 0, 0), "red"),
        ((255, 140, 0), "orange"),
        ((255, 240, 0), "yellow"),
        ((0, 200, 0), "green"),
        ((0, 220, 230), "cyan"),
        ((20, 40, 230), "blue"),
        ((140, 20, 230), "purple"),
        ((255, 60, 170), "pink"),
        ((110, 60, 15), "brown"),
        ((0, 0, 0), "black"),
        ((250, 250, 250), "white"),
        ((128, 128, 128), "grey"),
    ],
)
def test_plain_colours_have_their_names(rgb, name):
    shares = colour_shares(np.full((4, 4, 3), rgb, np.uint8))
    assert shares[COLOURS.index(name)] == 1.0
    assert shares.sum() == pytest.approx(1.0)
