from dataclasses import replace

from assets.checkers.clips import STILL, edits, rendered, sounds
from assets.checkers.evaluation import apart, edit_answers, in_sight, motion_answers, presence_answers, words_answers


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
    assert words_answers(clip.truth, clip.frames) == [("words", "words")]
    wrong = replace(clip.truth, text=f"{clip.truth.text}S")
    assert words_answers(wrong, clip.frames) == [("misread", "words")]


def test_an_edit_is_asked_about_with_and_without_its_fault():
    triple = next(edits(1, "validation", 8 * 7000 + 3))  # one of each eight removes a thing
    answers = edit_answers(triple, lambda frames: frames)
    assert [true for _, true in answers] == [("changed", True), ("changed", False), ("kept", True), ("kept", False)]
    assert [said for said, _ in answers] == [true for _, true in answers]


def test_sounds_come_with_the_times_of_what_is_heard_in_them():
    for samples, times in sounds(3, "validation", 52_000):
        assert len(samples) == 96_000
        assert all(0 < time < 2 for time in times)
