import numpy as np
import pytest

from serving.sampling.sampler import Sampler
from serving.sampling.windowed import Windowed
from serving.windows import Window, spread


def curl(x, t):
    """A velocity that depends on the whole of what it is given."""
    return (x.mean() - x) * (1 + t)


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def test_one_window_is_plain_sampling():
    x = noise(1, 3, 6, 2)
    sampler = Sampler(steps=5)
    windowed = Windowed([Window(0, 6)], [curl], 6, axis=2)
    np.testing.assert_array_equal(sampler.sample(windowed, x), sampler.sample(curl, x))


def test_velocities_that_agree_are_not_changed_by_blending():
    x = noise(1, 3, 17, 2)
    windows = spread(17, 5, 2)
    blended = Windowed(windows, [lambda x, t: t - x] * len(windows), 17, axis=2)(x, 0.25)
    np.testing.assert_allclose(blended, 0.25 - x, rtol=1e-5, atol=1e-6)


def test_each_window_sees_its_part_and_is_weighted_by_distance():
    seen = []

    def says(value):
        return lambda x, t: (seen.append(x.copy()), np.full_like(x, value))[1]

    x = np.arange(8, dtype=np.float32)[None, :, None]
    found = Windowed([Window(0, 5), Window(3, 8)], [says(0.0), says(3.0)], 8, axis=1)(x, 0.0)
    np.testing.assert_allclose(found[0, :, 0], [0, 0, 0, 0.9, 2.1, 3, 3, 3], rtol=1e-6)
    np.testing.assert_array_equal(seen[0][0, :, 0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(seen[1][0, :, 0], [3, 4, 5, 6, 7])


def test_every_window_needs_a_velocity():
    with pytest.raises(ValueError, match="zip"):
        Windowed([Window(0, 4)], [], 4, axis=1)
