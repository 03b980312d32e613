import numpy as np

from assets.checkers.background import background
from assets.world.colours import RGB


def _wall(upper, lower):
    share = ((np.arange(128) + 0.5) / 128)[:, None]
    column = np.array(RGB[upper]) * (1 - share) + np.array(RGB[lower]) * share
    column[108:] *= 0.9  # the floor
    return np.broadcast_to(column[None, :, None], (2, 128, 128, 3)).astype(np.uint8).copy()


def test_each_end_of_a_painted_wall_is_named():
    for upper, lower in (("red", "red"), ("blue", "yellow"), ("white", "black")):
        said = background(_wall(upper, lower)).value
        assert (said.theme, said.upper, said.lower) == (None, upper, lower)


def test_a_thing_before_the_wall_does_not_change_its_name():
    frames = _wall("green", "green")
    frames[:, 40:100, 30:90] = RGB["purple"]
    said = background(frames).value
    assert (said.upper, said.lower) == ("green", "green")
