from dataclasses import asdict, replace

import numpy as np
import pytest

from assets.world.draw import EASY, draw
from assets.world.lasting import lasting
from assets.world.render import pictures
from assets.world.spec import MOTIONS


@pytest.mark.parametrize("motion", MOTIONS)
def test_a_clip_that_lasts_longer_is_the_one_that_would_have_been_drawn_so(motion):
    short, long = (replace(EASY, motions=(motion,), seconds=(time, time)) for time in (2.0, 4.0))
    for seed in range(8):
        stretched, drawn = asdict(lasting(draw(seed, short), 4.0)), asdict(draw(seed, long))
        for one, other in zip(stretched.pop("objects"), drawn.pop("objects"), strict=True):
            numbers = {key: value for key, value in one.items() if isinstance(value, float)}
            assert numbers == pytest.approx({key: other[key] for key in numbers}, abs=3e-4)
            assert one | numbers == other | numbers
        assert stretched == drawn


def test_what_rolls_shows_the_same_at_half_the_rate():
    spec = draw(3, replace(EASY, kinds=("ball",), motions=("left",), seconds=(2.0, 2.0)))
    slow = pictures(lasting(spec, 4.0), 48, 48, 8, 32).astype(int)
    fast = pictures(spec, 48, 48, 16, 32).astype(int)
    assert np.abs(slow - fast).mean() < 0.5
