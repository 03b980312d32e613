from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.motion import seen_to, way
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


def test_what_lands_on_another_thing_and_stays_there_is_not_seen_to_bounce():
    bounced, stayed = 0.2 - 0.4 * np.abs(np.cos(np.pi * TIME)), np.minimum(-0.3 + 1.5 * TIME**2, 0.0)
    assert seen_to("bounce", bounced)
    assert not seen_to("bounce", stayed)
    assert seen_to("fall", stayed)


def test_a_way_is_told_though_the_thing_is_hidden_for_a_third_of_it():
    here = np.r_[0:5, 10:16]
    for slope, expected in ((0.3, "right"), (-0.3, "left")):
        whole = _thing(slope * TIME, 0.2)
        parts = {name: getattr(whole, name)[here] for name in ("frames", "x", "y", "extent", "scores")}
        assert way(replace(whole, **parts)).value == expected
