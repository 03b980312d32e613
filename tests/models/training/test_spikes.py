import random
import statistics

import pytest

from models.training.spikes import SpikeDetector


def noise(count: int, seed: int = 0) -> list[float]:
    generator = random.Random(seed)
    return [generator.gauss(1.0, 0.1) for _ in range(count)]


def test_the_score_is_the_distance_from_the_median_in_robust_deviations():
    losses = [1.0, 1.2, 0.9, 1.1, 1.3, 0.8, 1.05]
    detector = SpikeDetector(window=8, threshold=3)
    detector.begin(losses)
    median = statistics.median(losses)
    deviation = 1.4826 * statistics.median(abs(value - median) for value in losses)
    assert detector.observe(3.0) == pytest.approx((3.0 - median) / deviation)


def test_plain_noise_holds_no_spikes_and_every_spike_in_it_is_found():
    detector = SpikeDetector(window=64, threshold=8)
    losses = noise(2000)
    assert [detector.observe(loss) for loss in losses] == [None] * len(losses)
    found = [detector.observe(3.0 if step % 10 == 0 else loss) is not None for step, loss in enumerate(noise(100, 1))]
    assert found == [step % 10 == 0 for step in range(100)]


def test_a_fall_is_no_spike():
    detector = SpikeDetector(window=16, threshold=4)
    detector.begin(noise(16))
    assert detector.observe(0.0) is None


def test_a_new_level_is_reported_until_it_is_the_usual_one():
    detector = SpikeDetector(window=20, threshold=8)
    detector.begin(noise(20))
    reported = [detector.observe(loss + 5) is not None for loss in noise(40, 2)]
    assert all(reported[:9])
    assert not any(reported[20:])


def test_a_flat_curve_holds_no_spikes_of_rounding():
    detector = SpikeDetector(window=16, threshold=8)
    detector.begin([1.0] * 16)
    assert detector.observe(1.0 + 1e-7) is None
    assert detector.observe(1.1) is not None


def test_it_says_nothing_before_it_knows_enough():
    detector = SpikeDetector(window=16, threshold=8)
    assert [detector.observe(loss) for loss in (1.0, 1.1, 0.9, 1.0)] == [None] * 4
    assert detector.observe(9.0) is not None
