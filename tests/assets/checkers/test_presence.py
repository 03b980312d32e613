from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.judgement import Judgement
from assets.checkers.presence import count, named, present
from assets.checkers.things import Thing
from assets.checkers.vocabulary import COLOURS, KINDS, UnknownWord


def _mostly(words, word):
    return np.where(np.array(words) == word, 0.9, 0.1 / (len(words) - 1))


def _thing(kind, colour, score=0.95):
    kinds, colours = _mostly(KINDS, kind), _mostly(COLOURS, colour)
    path = np.zeros(4)
    return Thing(np.arange(4), path, path, path + 0.3, path + score, kinds, colours, 4)


def test_a_thing_is_present_in_its_own_kind_and_colour_only():
    found = (_thing("frog", "red"), _thing("box", "own"))
    assert present(found, "frog", "red").value
    assert present(found, "box").value
    assert not present(found, "box", "red").value
    assert not present(found, "frog", "blue").value
    assert not present((), "frog", "red").value


def test_each_thing_is_counted_and_named_and_the_least_sure_one_tells_how_sure():
    found = (_thing("frog", "red"), replace(_thing("box", "own"), sure=0.6))
    assert count(found) == Judgement(2, 0.6)
    assert [one.value for one in named(found)] == [("frog", "red"), ("box", None)]
    assert count(()) == Judgement(0, 1.0)


def test_an_unknown_word_is_named_with_those_that_are_known():
    with pytest.raises(UnknownWord, match="unicorn"):
        present((), "unicorn", "red")
