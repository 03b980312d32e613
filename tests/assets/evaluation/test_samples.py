"""Samples as the judges see them, on clips of the corpus whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from assets.corpus.draw import draw
from assets.corpus.prompts import EVALUATION_PROMPTS, Prompt
from assets.corpus.render import render
from assets.evaluation.samples import Protocol, accuracies, judged, prompt_scores


def truth_and_frames(index):
    spec = draw("video", "validation", index)
    scene = spec.scene
    prompt = Prompt(spec.caption, scene.background, scene.figure.colour, scene.figure.shape, scene.motion)
    return prompt, render(spec, 96, 96, 32)


def test_a_real_clip_of_what_was_asked_for_scores_high_and_of_something_else_low():
    clips = [truth_and_frames(index) for index in range(12)]
    right = [judged(prompt, 0, frames) for prompt, frames in clips]
    wrong = [judged(clips[index - 1][0], 0, frames) for index, (_, frames) in enumerate(clips)]
    assert accuracies(right)["background_accuracy"] == 1
    assert accuracies(right)["checker_score"] > 0.85
    assert accuracies(wrong)["checker_score"] < 0.5


def test_grey_noise_shows_no_motion_that_was_asked_for():
    noise = np.random.default_rng(0).integers(0, 256, (16, 64, 64, 3), dtype=np.uint8)
    found = accuracies([judged(prompt, 0, noise) for prompt in EVALUATION_PROMPTS])
    assert found["background_accuracy"] < 0.4


def test_a_prompt_s_score_is_the_mean_over_its_seeds():
    prompt, frames = truth_and_frames(0)
    other = replace(prompt, background="none", colour="none", motion="none")
    samples = [judged(prompt, 0, frames), judged(replace(other, text=prompt.text), 1, frames)]
    assert prompt_scores(samples) == {prompt.text: pytest.approx((samples[0].score + 0) / 2)}


def test_the_level_of_a_full_scale_sine_is_minus_three_decibel_and_silence_is_not_heard():
    prompt, frames = truth_and_frames(0)
    sine = np.sin(np.arange(48_000, dtype=np.float32) * 0.1)
    assert judged(prompt, 0, frames, sine).level == pytest.approx(-3.01, abs=0.05)
    silent = judged(prompt, 0, frames, np.zeros(100, np.float32))
    assert silent.level == -120
    assert accuracies([silent])["audible"] == 0


def test_a_protocol_s_name_changes_with_what_it_fixes():
    base = Protocol(EVALUATION_PROMPTS, (0,), 2.0, "16:9", 25, 3.0)
    others = [
        replace(base, prompts=EVALUATION_PROMPTS[:4]),
        replace(base, seeds=(1,)),
        replace(base, seconds=4.0),
        replace(base, aspect="1:1"),
        replace(base, steps=12),
        replace(base, guidance=1.0),
    ]
    assert len({base.name, *(other.name for other in others)}) == 7
    assert base.name == replace(base).name
