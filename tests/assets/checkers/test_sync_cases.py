from dataclasses import replace

import numpy as np
import pytest

from assets.checkers.onsets import onsets
from assets.checkers.sync_cases import SHIFTS, cases, contact_counts, sync_answers


def later(happenings, seconds):
    return [replace(one, step=one.step + round(seconds * 480)) for one in happenings]


@pytest.fixture(scope="module")
def some():
    return list(cases(4, "train", 700))


def test_every_case_shows_a_contact_and_has_three_sounds_of_its_length(some):
    for case in some:
        assert case.visible
        length = round(len(case.frames) / case.fps * 48_000)
        assert len(case.samples) == len(case.shifted) == len(case.exchanged) == length
        assert SHIFTS[0] <= abs(case.shift) <= SHIFTS[1]


def test_the_shifted_sound_is_the_same_sound_later(some):
    for case in some:
        right, shifted = ([one.seconds for one in onsets(samples)] for samples in (case.samples, case.shifted))
        length = len(case.frames) / case.fps
        due = [time + case.shift for time in right if 0.1 < time + case.shift < length - 0.1 and time > 0.1]
        assert all(min(abs(time - one) for one in shifted) < 0.02 for time in due)


def test_wrong_sound_is_not_right_by_chance(some):
    for case in some:
        for samples in (case.shifted, case.exchanged):
            heard = [one.seconds for one in onsets(samples)]
            hits = [any(abs(time - one) < 0.08 for one in heard) for time in case.visible]
            assert np.mean(hits) < 1 / 3


def test_cases_of_a_seed_are_the_same_twice(some):
    again = next(cases(1, "train", 700))
    assert np.array_equal(again.frames, some[0].frames)
    assert np.array_equal(again.exchanged, some[0].exchanged)


def test_answers_are_one_true_and_two_false(some):
    answers = sync_answers(some[0], some[0].frames)
    assert [true for _, true in answers] == [True, False, False]
    right, _, missed = contact_counts(some[0], some[0].frames)
    assert right + missed >= 1
