from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.clips import STILL, edits, rendered
from assets.checkers.edits import verdict
from assets.checkers.evaluation import QUESTIONS, evaluate
from assets.checkers.evaluation.edits import Edits, cases
from assets.checkers.evaluation.identity import Identity
from assets.checkers.evaluation.motion import motion_answers
from assets.checkers.evaluation.onsets import Onsets, apart
from assets.checkers.evaluation.presence import presence_answers
from assets.checkers.evaluation.question import Choice, Exhibit, Source
from assets.checkers.evaluation.runner import exchanged, look
from assets.checkers.evaluation.sight import in_sight
from assets.checkers.evaluation.words import Words, words_answers
from assets.checkers.lettering import words
from assets.checkers.portraits import SIDE

_CLASSES = 4


def _dice(seed):
    """A clip that is nothing but its class."""
    face = int(np.random.default_rng(seed).integers(_CLASSES))
    return Exhibit(face, face, face)


class _Face(Choice):
    name = "face"
    source = Source("dice", _dice)

    def answers(self, truth, found):
        return [(found, truth)]


class _Sees(_Face):
    def find(self, view):
        return view


class _Guesses(_Face):
    """Says nearly always the same, whatever it is shown."""

    def __init__(self):
        self._rng = np.random.default_rng(0)

    def find(self, view):
        return int(self._rng.random() < 0.1)


def test_onsets_within_the_tolerance_of_the_first_are_one():
    assert apart([0.5, 0.1, 0.13, 0.16]) == [0.1, 0.16, 0.5]


def test_a_judge_that_finds_nothing_is_asked_all_the_same_and_is_half_right():
    clip = rendered(51_000, replace(STILL, split="validation", motions=("still",)))
    tracks = in_sight(clip.truth)
    answers = presence_answers(clip, ())
    assert len(answers) == 2 * len(tracks) > 0
    assert [true for _, true in answers] == [True, False] * len(tracks)
    assert not any(said for said, _ in answers)
    assert all(said is None for said, _ in motion_answers(clip.truth, ()))


def test_words_count_as_read_only_to_the_letter():
    clip = rendered(51_003, replace(STILL, split="validation", text=1.0))
    read = words(clip.frames).value
    assert words_answers(clip.truth, read) == [("words", "words")]
    assert words_answers(clip.truth, f"{read}S") == [("misread", "words")]
    assert words_answers(replace(clip.truth, text=None), read) == [("misread", "no words")]


def test_an_edit_is_asked_about_with_and_without_its_fault():
    triple = next(edits(1, "validation", 8 * 7000 + 3))  # one of each eight removes a thing
    true, shown = cases(triple, lambda frames: frames, 0)
    assert sorted(true) == [("changed", False), ("changed", True), ("kept", False), ("kept", True)]
    assert Edits().find(shown) == [so for _, so in true]
    missing = next(case for case, asked in zip(shown, true, strict=True) if asked == ("changed", False))
    assert np.array_equal(missing.before, missing.after)
    leaking = next(case for case, asked in zip(shown, true, strict=True) if asked == ("kept", False))
    assert not verdict(leaking.before, leaking.after, leaking.mask).kept.value


def test_a_judge_that_peeks_at_nothing_scores_chance_on_its_clips_and_on_others():
    result = evaluate(2000, (_Guesses(),), workers=1)["face"]
    assert result.chance == 1 / _CLASSES
    for score in (result.clean, result.coded, result.shuffled):
        assert score.low <= result.chance <= score.high


def test_a_judge_that_sees_scores_chance_only_when_truths_are_exchanged():
    result = evaluate(2000, (_Sees(),), workers=1)["face"]
    assert result.clean.value == 1
    assert result.shuffled.low <= result.chance <= result.shuffled.high


def test_no_clip_is_held_against_its_own_truth():
    other = exchanged(50)
    assert sorted(other) == list(range(50))
    assert all(one != place for place, one in enumerate(other))


def test_chance_of_onsets_and_words_is_what_truths_of_other_clips_score():
    assert Onsets().chance([([0.5, 1.0], []), ([0.51, 1.5], [])]) == 0.5
    clip = rendered(51_003, replace(STILL, split="validation", text=0.0))
    truths = [replace(clip, truth=replace(clip.truth, text=text)) for text in (None, None, "SALE", None)]
    assert Words().chance([(truth, None) for truth in truths]) == pytest.approx((2 / 3 + 0) / 2)


def test_processes_see_the_same_as_this_one():
    assert evaluate(18, (Onsets(),)) == evaluate(18, (Onsets(),), workers=1)


def test_progress_is_told_for_each_kind_of_clips():
    told = []
    evaluate(20, (_Sees(),), workers=1, progress=lambda *step: told.append(step))
    assert told == [("dice", 16, 20), ("dice", 20, 20)]


def test_one_clip_is_too_few():
    with pytest.raises(ValueError, match="at least two"):
        evaluate(1, (_Sees(),))


def test_an_error_names_the_clip():
    class Stumbles(_Sees):
        def find(self, view):
            raise ValueError("nothing to see")

    with pytest.raises(ValueError, match="nothing to see") as caught:
        look((Stumbles(),), [7])
    assert caught.value.__notes__ == ["in the dice clip of seed 7"]


def test_questions_have_names_of_their_own():
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


def test_identity_is_asked_of_two_pictures_of_the_same_person_or_of_two():
    shown = [Identity().source.show(seed) for seed in (40_000, 40_001)]
    assert [exhibit.truth for exhibit in shown] == [True, False]
    for exhibit in shown:
        assert all(picture.shape == (SIDE, SIDE, 3) for picture in (*exhibit.clean, *exhibit.coded))
        assert not np.array_equal(exhibit.clean[0], exhibit.coded[0])
    assert [Identity().find(exhibit.clean) for exhibit in shown] == [True, False]
