import numpy as np
import pytest

from assets.checkers.patches import SHORT, Scene
from assets.checkers.portraits import CHOICES, SIDE, NobodySeen, choices, cut, drawn, people, portraits
from assets.checkers.things import Thing
from assets.checkers.vocabulary import COLOURS, KINDS
from assets.world import identities
from assets.world.kinds import PERSON


def _thing(kind, x, frames=3):
    kinds = np.full(len(KINDS), 0.001)
    kinds[KINDS.index(kind)] = 0.9
    path = np.full(frames, x)
    scores = np.linspace(0.5, 0.9, frames)
    return Thing(np.arange(frames), path, path * 0, path * 0 + 0.3, scores, kinds, np.ones(len(COLOURS)), frames)


def test_choices_are_as_many_as_there_are_people():
    assert (
        np.prod([len(options) for options in CHOICES.values()]) == identities.COUNT == len(np.unique(people(), axis=0))
    )
    person = identities.identity(777)
    assert [options[at] for options, at in zip(CHOICES.values(), choices(777), strict=True)] == [
        getattr(person, name) for name in CHOICES
    ]


def test_training_portraits_show_nobody_who_is_held_out_and_come_again_with_their_seed():
    empty = Scene(np.full((SHORT, SHORT, 3), 90, np.uint8), np.zeros((SHORT, SHORT), bool))
    first, second = (drawn(np.random.default_rng(5), [empty], 12) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[0].shape == (12, SIDE, SIDE, 3)
    for row in first[1]:
        assert not identities.held_out(int(np.flatnonzero((people() == row).all(axis=1))[0]))


def test_what_is_in_the_middle_of_a_cut_is_in_the_middle_of_the_portrait():
    frame = np.zeros((100, 100, 3), np.uint8)
    frame[40:50, 20:30] = 255
    seen = cut(frame, (25.0, 45.0), 20.0)[..., 0] > 128
    rows, columns = np.nonzero(seen)
    assert rows.mean() == pytest.approx((SIDE - 1) / 2, abs=1)
    assert columns.mean() == pytest.approx((SIDE - 1) / 2, abs=1)
    assert seen.mean() == pytest.approx((10 / 24) ** 2, rel=0.15)


def test_the_person_among_several_things_is_cut_out():
    frames = np.zeros((3, 128, 128, 3), np.uint8)
    frames[:, :, 64:] = 200  # the person is on the right
    found = portraits(frames, [_thing("box", -0.25), _thing(PERSON, 0.25)])
    assert found.shape == (3, SIDE, SIDE, 3)
    assert found.min() == 200


def test_things_that_are_no_person_are_refused():
    with pytest.raises(NobodySeen, match="none of the 1 things in 3 frames"):
        portraits(np.zeros((3, 128, 128, 3), np.uint8), [_thing("box", 0.0)])
