"""Samples as the checkers see them, on clips of the world whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from assets.evaluation.prompts import EVALUATION_PROMPTS, Prompt
from assets.evaluation.samples import Protocol, Sample, accuracies, draw_samples, judged, prompt_scores
from assets.evaluation.sight import Sight
from assets.sandbox_corpus.lots import record
from assets.world.render import pictures
from models.recipes import demo
from serving.clip import Clip

PROMPT = EVALUATION_PROMPTS[0]


def truth_and_frames(index):
    made = record("video", "validation", index, demo().world)
    return Prompt.of(made.short), pictures(made.spec, 96, 96, 16, 32)


def sample(prompt, sight, seed=0):
    return Sample(prompt, seed, sight, 0.0, 0.0, np.zeros((4, 8, 8, 3), np.uint8))


def answering(prompt):
    return Sight(prompt.background, prompt.kind, prompt.colour, prompt.motion)


def test_a_real_clip_of_what_was_asked_for_scores_high_and_of_something_else_low():
    clips = [truth_and_frames(index) for index in range(8)]
    right = [judged(prompt, 0, frames) for prompt, frames in clips]
    wrong = [replace(sample, prompt=clips[index - 1][0]) for index, sample in enumerate(right)]
    assert accuracies(right)["background_accuracy"] == 1
    assert accuracies(right)["checker_score"] > 0.65
    assert accuracies(wrong)["checker_score"] < 0.4


def test_an_empty_wall_shows_no_thing_and_all_of_a_thing_counts_as_wrong():
    wall = np.full((16, 64, 64, 3), (42, 80, 214), np.uint8)
    found = judged(PROMPT, 0, wall)
    assert found.sight == Sight("blue")
    assert found.right == {"background": True, "kind": False, "colour": False, "motion": False}
    assert found.verdict == "blue, NO KIND, NO COLOUR, NO MOTION"
    assert accuracies([found])["object_seen"] == 0


def test_grey_noise_shows_little_that_was_asked_for():
    noise = np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)
    seen = judged(PROMPT, 0, noise).sight
    found = accuracies([sample(prompt, seen) for prompt in EVALUATION_PROMPTS])
    assert found["checker_score"] < 0.4


def test_each_share_counts_its_own_part():
    right = answering(PROMPT)
    samples = [sample(PROMPT, right), sample(PROMPT, replace(right, kind="star", motion=None))]
    found = accuracies(samples)
    assert (found["background_accuracy"], found["object_colour_accuracy"]) == (1, 1)
    assert (found["object_kind_accuracy"], found["motion_accuracy"], found["object_seen"]) == (0.5, 0.5, 1)
    assert found["checker_score"] == 0.75


def test_a_prompt_s_score_is_the_mean_over_its_seeds():
    samples = [sample(PROMPT, answering(PROMPT)), sample(PROMPT, Sight("nowhere"), seed=1)]
    assert prompt_scores(samples) == {PROMPT.text: 0.5}


def test_the_level_of_a_full_scale_sine_is_minus_three_decibel_and_silence_is_not_heard():
    frames = np.zeros((2, 32, 32, 3), np.uint8)
    sine = np.sin(np.arange(48_000, dtype=np.float32) * 0.1)
    assert judged(PROMPT, 0, frames, sine).level == pytest.approx(-3.01, abs=0.05)
    silent = judged(PROMPT, 0, frames, np.zeros(100, np.float32))
    assert silent.level == -120
    assert accuracies([silent])["audible"] == 0


def test_a_protocol_s_name_changes_with_what_it_fixes():
    base = Protocol(EVALUATION_PROMPTS, (0,), 2.0, "16:9", 25, 3.0)
    others = [
        replace(base, prompts=EVALUATION_PROMPTS[:4]),
        replace(base, prompts=[replace(PROMPT, motion="fall"), *EVALUATION_PROMPTS[1:]]),
        replace(base, seeds=(1,)),
        replace(base, seconds=4.0),
        replace(base, aspect="1:1"),
        replace(base, steps=12),
        replace(base, guidance=1.0),
    ]
    assert len({base.name, *(other.name for other in others)}) == 8
    assert base.name == replace(base).name


class Recorder:
    """A pipeline that makes black clips and keeps what it was asked for."""

    def __init__(self):
        self.asked = []

    def generate_batch(self, prompts, seeds, **_):
        self.asked += zip(prompts, seeds, strict=True)
        frames = np.zeros((2, 32, 32, 3), np.uint8)
        asked = zip(prompts, seeds, strict=True)
        return [Clip(frames, 16, None, 48_000, np.zeros(0), prompt, seed) for prompt, seed in asked]


def test_every_sample_of_a_protocol_has_noise_of_its_own():
    pipeline, protocol = Recorder(), Protocol(EVALUATION_PROMPTS[:3], (0, 1), 2.0, "16:9", 25, 3.0)
    samples = list(draw_samples(pipeline, protocol))
    assert [(sample.prompt.text, sample.seed) for sample in samples] == pipeline.asked
    assert sorted(seed for _, seed in pipeline.asked) == list(range(6))
