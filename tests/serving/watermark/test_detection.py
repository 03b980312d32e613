import numpy as np
import pytest
from scipy.stats import binom

from serving.watermark.detection import binomial_tail, detect
from serving.watermark.embedding import add_tile
from serving.watermark.tile import patterns, tile
from tests.serving.watermark.scenes import flat_clip


@pytest.mark.parametrize("matches", [0, 20, 32, 51, 64])
def test_the_tail_is_the_binomial_survival_function(matches):
    assert binomial_tail(matches) == pytest.approx(binom.sf(matches - 1, 64, 0.5), rel=1e-9)


def test_p_values_of_unmarked_clips_are_no_smaller_than_chance_allows():
    """Half noise, half flat scenes with hard edges; four keys."""
    rng = np.random.default_rng(0)
    values = []
    for index in range(30):
        noise = rng.normal(128, 25, (1, 160, 160, 3)).clip(0, 255).astype(np.uint8)
        frames = noise if index % 2 else flat_clip(2, 160, 160, seed=index)
        values.append(detect(frames, patterns(bytes([index % 4]) * 16)).p_value)
    # Under a valid p-value each count is binomial(60, level) at most; limits at one in a million.
    for level in (0.01, 0.1, 0.3):
        assert np.sum(np.array(values) <= level) <= binom.isf(1e-6, len(values), level)


def test_wrong_keys_on_a_marked_clip_stay_within_chance():
    rng = np.random.default_rng(1)
    marked = np.stack(list(add_tile(np.full((1, 160, 160, 3), 100, np.uint8), tile(b"k" * 16, 77, 0))))
    values = np.array([detect(marked, patterns(rng.bytes(16))).p_value for _ in range(5)])
    assert np.sum(values <= 0.05) <= binom.isf(1e-6, len(values), 0.05)
    assert detect(marked, patterns(b"k" * 16)).payload == 77
