from dataclasses import replace

import numpy as np

from assets.checkers import clips
from assets.checkers.belief import believed, shown
from assets.checkers.things import things
from assets.checkers.tracks import Thing
from assets.checkers.vocabulary import COLOURS, KINDS


def _mostly(words, word, share):
    return np.where(np.array(words) == word, share, (1 - share) / (len(words) - 1))


def _thing(x, extent, score=0.95, kind="spaceship", colour="own", share=0.9):
    path = np.linspace(x, x + 0.4, 16)
    kinds, colours = _mostly(KINDS, kind, share), _mostly(COLOURS, colour, share)
    return Thing(np.arange(16), path, 0 * path, 0 * path + extent, 0 * path + score, kinds, colours, 16)


def test_a_part_that_goes_along_with_its_thing_is_not_believed():
    whole, part = _thing(-0.2, 0.4), _thing(-0.12, 0.2, score=0.4, kind="mouse", share=0.3)
    assert believed([whole])[0] > 0.9
    sure = believed([whole, part])
    assert sure[0] > 0.9
    assert sure[1] < 0.3


def test_two_things_far_apart_are_both_believed():
    assert min(believed([_thing(-0.4, 0.25), _thing(0.0, 0.25, kind="frog", colour="red")])) > 0.8


def test_of_a_clip_without_tracks_nothing_is_believed():
    assert believed([]) == []


def test_tracks_show_what_they_follow_and_only_the_best_of_two():
    clip = clips.rendered(31_020, replace(clips.STILL, objects=(1, 1), motions=("still",), text=0.0))
    track = clip.truth.tracks[0]
    x, y, extent = (track.x - 64) / 128, (track.y - 64) / 128, track.extent / 128
    whole = replace(_thing(0, 0.3), x=x, y=y, extent=extent)
    weaker = replace(whole, scores=0.5 * whole.scores)
    elsewhere = replace(whole, x=x + 0.3)
    assert shown([weaker, whole, elsewhere], clip.truth) == {1}


def test_what_bursts_leaves_nothing_to_be_counted():
    options = replace(clips.STILL, kinds=("bomb",), motions=("explode",), objects=(1, 1), people=0.0, text=0.0)
    counts = [len(things(clips.rendered(seed, options).frames)) for seed in range(31_030, 31_034)]
    assert counts.count(1) >= 3
