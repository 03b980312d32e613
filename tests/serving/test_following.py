import numpy as np

from serving.following import one_after_the_other
from serving.known import KNOWN
from serving.sampling.sampler import Overrides
from serving.shots import Shot, laid_out

SHOTS = (
    Shot(seconds=6, prompt="a red ball"),
    Shot(seconds=5, prompt="a blue car"),
    Shot(seconds=4, prompt="x", cut=True),
)


class Counting:
    """Draws frames that are one more than the last that is known, and keeps what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, prompt, before, shape, *, seed, progress):
        begun = 0 if before is None else before.shape[1]
        first = 0 if before is None else int(before[0, 0, 0, 0])
        self.asked.append((prompt, begun, seed))
        if progress is not None:
            progress("video", 2, 4)
        return np.broadcast_to((first + np.arange(shape[1]))[None, :, None, None], shape).astype(np.float32)


def test_each_window_goes_on_from_those_before_it_up_to_a_cut():
    draw, told = Counting(), []
    plan = laid_out(SHOTS, 2, 8, 2, "continued")
    latent = one_after_the_other(draw, SHOTS, plan, (3, 30, 2, 2), 7, lambda *step: told.append(step))
    assert latent.shape == (3, 30, 2, 2)
    np.testing.assert_array_equal(latent[0, :22, 0, 0], np.arange(22))
    np.testing.assert_array_equal(latent[2, 22:, 1, 1], np.arange(8))
    prompts, begun, seeds = zip(*draw.asked, strict=True)
    assert prompts == ("a red ball", "a red ball", "a blue car", "a blue car", "x")
    assert begun == (0, 4, 2, 4, 0)
    assert seeds[0] == 7
    assert len(set(seeds)) == 5
    assert told == [("video", 4 * number + 2, 20) for number in range(5)]


def test_the_same_seed_gives_the_same_film(graphs, shift_flow, pipeline):
    graphs["backbone"] = shift_flow
    plan = pipeline.plan(SHOTS, window=8, joined="continued")
    first, again, other = (pipeline.long_latent(SHOTS, plan, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_the_model_is_told_what_is_there(graphs, pipeline):
    told = []

    def knowing(*, latent, known, **inputs):
        told.append(int(known[0, 16, :, 0, 0].sum()))
        return graphs["backbone"](latent=latent, **inputs)

    graphs[KNOWN] = knowing
    plan = pipeline.plan(SHOTS[:2], window=8, joined="continued")
    pipeline.long_latent(SHOTS[:2], plan, overrides=Overrides(steps=1))
    assert told == [4, 2, 4]  # of the windows after the first
