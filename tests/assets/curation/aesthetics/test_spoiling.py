import numpy as np
import pytest

from assets.curation.aesthetics.spoiling import DEGREES, WAYS, spoiled
from tests.assets.curation.signals.pictures import ground

PICTURE = ground(5, 144, 256)


@pytest.mark.parametrize("way", list(WAYS))
def test_a_picture_is_spoiled_the_same_way_each_time_and_keeps_its_shape(way):
    once, again = (spoiled(PICTURE, way, 1.0, 3) for _ in range(2))
    assert np.array_equal(once, again)
    assert once.shape == PICTURE.shape
    assert once.dtype == np.uint8
    assert not np.array_equal(once, PICTURE)


@pytest.mark.parametrize("way", [way for way in WAYS if way not in {"tilted", "cut off"}])
def test_the_greater_the_degree_the_farther_from_the_picture(way):
    apart = [np.abs(spoiled(PICTURE, way, degree, 3).astype(int) - PICTURE).mean() for degree in DEGREES]
    assert apart == sorted(apart)
    assert apart[0] > 0


def test_a_tilted_picture_has_no_empty_corner():
    white = np.full((90, 160, 3), 255, np.uint8)
    assert spoiled(white, "tilted", 1.0, 0).min() == 255
