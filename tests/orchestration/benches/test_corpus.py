import pytest

from orchestration.benches.corpus import Stint, _rate, stint
from orchestration.benches.envelope import names


def test_the_corpus_bench_is_listed():
    assert "corpus" in names()


def test_a_stint_counts_its_frames_and_its_sound():
    done = stint(32, 0, 3, 1)
    assert done.frames / 16 == pytest.approx(done.seconds)
    assert 3 * 32 <= done.frames <= 3 * 64
    assert done.ended > done.began
    assert done.cold > 0
    assert done.cpu_seconds > 0


def test_the_rate_of_two_processes_counts_the_time_of_the_slower():
    two = [Stint(100, 6.0, 10.0, 11.0, 0.0, 0.0, 0.5), Stint(100, 6.0, 10.5, 12.0, 0.0, 0.0, 0.5)]
    assert _rate(two) == pytest.approx(100)
