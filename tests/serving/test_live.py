from itertools import islice, pairwise

import numpy as np
import pytest

from serving.errors import PromptRefused, RequestRefused
from serving.live import CONTEXT, WINDOW, Chunk, Pace, Prompt, chunks, until
from serving.sampling.sampler import Overrides


def test_chunks_go_on_from_the_latent_before(pipeline, graphs, monkeypatch):
    known = []
    plain = pipeline.next_latent
    monkeypatch.setattr(
        pipeline,
        "next_latent",
        lambda text, before, shape, **rest: known.append((before, plain(text, before, shape, **rest))) or known[-1][1],
    )
    made = list(islice(chunks(pipeline, Prompt("a red ball")), 3))
    assert [len(one.frames) for one in made] == [8 * WINDOW, 8 * (WINDOW - CONTEXT), 8 * (WINDOW - CONTEXT)]
    assert known[0][0] is None
    for (_, latent), (before, after) in pairwise(known):
        np.testing.assert_array_equal(before, latent[:, -CONTEXT:])
        np.testing.assert_allclose(after[:, :CONTEXT], before, atol=1e-5)


def test_a_new_prompt_shows_in_the_next_chunk(pipeline, value_of):
    prompt = Prompt("a red ball")
    made = chunks(pipeline, prompt)
    before = next(made)
    prompt.change("a blue car drives to the right")
    after = next(made)
    assert (before.prompt, after.prompt) == ("a red ball", "a blue car drives to the right")
    # two times the prompt's value and less the empty one's is what the toy model draws at guidance 2
    shown = {one.prompt: np.tanh(2 * value_of(one.prompt) - value_of()) for one in (before, after)}
    for one in (before, after):
        assert np.abs(one.frames / 127.5 - 1 - shown[one.prompt]).max() < 0.02


def test_the_same_seed_gives_the_same_stream_and_another_one_does_not(pipeline, graphs, shift_flow):
    graphs["backbone"] = shift_flow

    def drawn(seed):
        return np.concatenate([one.frames for one in islice(chunks(pipeline, Prompt("a ball"), seed=seed), 3)])

    first = drawn(1)
    np.testing.assert_array_equal(drawn(1), first)
    assert (drawn(2) != first).any()
    assert (first[:24] != first[32:56]).any()


def test_the_steps_are_those_asked_for(pipeline, graphs):
    next(chunks(pipeline, Prompt("a ball"), overrides=Overrides(steps=3)))
    assert len(graphs["backbone"].batches) == 3


def test_a_refused_prompt_leaves_the_one_before():
    prompt = Prompt("a red ball")
    with pytest.raises(PromptRefused):
        prompt.change("a naked woman")
    assert prompt.text == "a red ball"
    with pytest.raises(PromptRefused):
        Prompt("a naked woman")


def test_an_unknown_aspect_ratio_is_refused(pipeline):
    with pytest.raises(RequestRefused, match="no stream is 4:3"):
        next(chunks(pipeline, Prompt("a ball"), aspect="4:3"))


def test_a_stream_waits_for_who_watches(pipeline):
    now, slept = [0.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    pace = Pace(16, 1.5, clock=lambda: now[0], sleep=sleep)
    made = list(islice(chunks(pipeline, Prompt("a ball"), pace=pace), 3))
    assert slept == pytest.approx([0.5, 1.5])  # two seconds of video, then one and a half more
    assert [one.ready for one in made] == pytest.approx([0, 0.5, 2])


def test_a_stream_that_is_late_does_not_wait():
    slept = []
    Pace(16, 1.0, clock=lambda: 10.0, sleep=slept.append).wait(0.0, 100)
    Pace(16, None, clock=lambda: 0.0, sleep=slept.append).wait(0.0, 100)
    assert not slept


def chunk(number, frames=10):
    return Chunk(number, "a ball", np.zeros((frames, 2, 2, 3), np.uint8), 16, 0.0)


def test_a_stream_ends_at_its_length_or_when_it_is_told_to():
    cut = list(until((chunk(n) for n in range(9)), 25, lambda one: True))
    assert [len(one.frames) for one in cut] == [10, 10, 5]
    ended = list(until((chunk(n) for n in range(9)), None, lambda one: one.number < 3))
    assert [one.number for one in ended] == [0, 1, 2, 3]
