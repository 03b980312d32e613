import numpy as np
import pytest

from assets.checkers.motion import way
from assets.checkers.things import Thing
from assets.checkers.vocabulary import COLOURS, KINDS

TIME = np.linspace(0, 2, 16)


def _thing(x, y):
    ones = np.ones(len(TIME))
    return Thing(
        np.arange(len(TIME)),
        x * ones,
        y * ones,
        0.3 * ones,
        ones,
        np.full(len(KINDS), 1 / len(KINDS)),
        np.full(len(COLOURS), 1 / len(COLOURS)),
        len(TIME),
    )


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        (0.0, 0.0, "still"),
        (0.3 * TIME, 0.2, "right"),
        (-0.3 * TIME, 0.2, "left"),
        (0.0, -0.2 * TIME, "rise"),
        (0.0, np.minimum(-0.3 + 1.5 * TIME**2, 0.2), "fall"),
        (0.0, 0.2 - 0.25 * np.abs(np.sin(np.pi * TIME)), "jump"),
        (0.0, 0.2 - 0.4 * np.abs(np.cos(np.pi * TIME)), "bounce"),
    ],
)
def test_the_way_of_a_path_is_named(x, y, expected):
    assert way(_thing(x, y)).value == expected


def test_one_stray_sighting_does_not_make_a_leap():
    y = np.full(len(TIME), 0.2)
    y[7] = -0.3
    assert way(_thing(0.0, y)).value == "still"
