import numpy as np

from assets.checkers.tracks import Sighting, joined
from assets.checkers.vocabulary import COLOURS, KINDS


def _mostly(words, word):
    return np.log(np.where(np.array(words) == word, 0.9, 0.1 / (len(words) - 1)))


def _sighting(frame, x, kind="frog", colour="red", y=0.0):
    return Sighting(frame, x, y, 0.3, 0.9, _mostly(KINDS, kind), _mostly(COLOURS, colour))


def test_two_things_that_pass_each_other_keep_their_looks_and_ways():
    frames = [[_sighting(at, -0.3 + 0.04 * at), _sighting(at, 0.3 - 0.04 * at, "box", "blue")] for at in range(16)]
    first, second = sorted(joined(frames), key=lambda thing: thing.x[0])
    assert (first.kind, first.colour, second.kind, second.colour) == ("frog", "red", "box", "blue")
    assert np.allclose(np.diff(first.x), 0.04)
    assert np.allclose(np.diff(second.x), -0.04)


def test_a_thing_that_is_hidden_for_long_and_comes_back_is_one():
    seen = [[_sighting(at, -0.3 + 0.04 * at)] if not 4 <= at < 12 else [] for at in range(16)]
    (one,) = joined(seen)
    assert one.frames.tolist() == [0, 1, 2, 3, 12, 13, 14, 15]


def test_another_thing_in_the_place_of_one_that_vanished_is_another():
    seen = [
        [_sighting(at, 0.0)] if at < 7 else [] if at < 9 else [_sighting(at, 0.0, "box", "blue")] for at in range(16)
    ]
    assert {thing.kind for thing in joined(seen)} == {"frog", "box"}


def test_a_thing_that_looks_like_two_in_turn_is_one():
    seen = [[_sighting(at, 0.02 * at, "frog" if at % 4 < 2 else "box")] for at in range(16)]
    (one,) = joined(seen)
    assert one.frames.tolist() == list(range(16))
    assert np.allclose(np.diff(one.x), 0.02)


def test_two_things_in_turn_far_from_each_other_are_two():
    seen = [[_sighting(at, -0.4 if at % 4 < 2 else 0.4)] for at in range(16)]
    assert len(joined(seen)) == 2


def test_a_track_that_begins_while_another_ends_beside_it_goes_on_as_it():
    ends = [_sighting(at, 0.03 * at) for at in range(8)]
    begins = [_sighting(at, 0.03 * at + 0.19) for at in range(7, 16)]
    (one,) = joined([[sight for sight in (*ends, *begins) if sight.frame == at] for at in range(16)])
    assert one.frames.tolist() == list(range(16))


def test_what_is_seen_once_is_nothing():
    seen = [[_sighting(5, 0.2)] if at == 5 else [] for at in range(16)]
    assert joined(seen) == ()
