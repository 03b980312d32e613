import numpy as np
import pytest

from assets.checkers.alignment import aligned, score, scores
from assets.checkers.contrastive.evaluation import held_out


def test_captions_fit_their_own_clips_better_than_others_far_beyond_chance():
    shown = held_out(16, "validation", 3_100)
    cosines = scores([clip.frames for clip in shown], [clip.truth.short for clip in shown])
    assert (cosines.argmax(axis=1) == np.arange(16)).mean() >= 0.4  # chance: 0.06
    assert cosines[0, 1] == pytest.approx(score(shown[0].frames, shown[1].truth.short), abs=1e-4)


def test_a_judgement_says_the_likelier_answer_with_its_probability():
    (clip,) = held_out(1, "validation", 3_200)
    for caption in (clip.truth.short, "an orange cactus stays still in outer space"):
        said = aligned(clip.frames, caption)
        assert 0.5 <= said.confidence <= 1
