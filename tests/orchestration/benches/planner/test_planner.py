import json

import pytest

from orchestration.benches import planner
from orchestration.benches.envelope import names
from orchestration.benches.planner import BenchFailed, Case


def test_the_bench_is_found_by_its_name():
    assert "planner" in names()


def test_position_tables_hold_the_latent_exactly():
    assert Case("tiny", (4, 32, 16), 2, 0).config.positions == (4, 16, 8)


def test_the_error_is_the_worst_case_s(monkeypatch):
    cases = (Case("tiny", (1, 8, 8), 1, 0), Case("tiny", (1, 8, 8), 2, 0))
    measured = {cases[0]: 2 * cases[0].predicted, cases[1]: cases[1].predicted / 1.1}
    monkeypatch.setattr(planner, "CASES", cases)
    monkeypatch.setattr(Case, "measured", lambda case: measured[case])
    figures = planner.run()
    assert figures["memory_error_worst"] == pytest.approx(0.5)
    assert figures[f"memory_error_{cases[1].name}"] == pytest.approx(0.1)


def test_a_training_of_its_own_process_is_measured():
    """One quick case: its size is beside those of the bench, so only the order of size is asked for."""
    case = Case("tiny", (2, 8, 8), 64, 0)
    assert case.measured() == pytest.approx(case.predicted, rel=0.25)


def test_a_training_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(json, "dumps", lambda _: "{")
    with pytest.raises(BenchFailed, match=r"(?s)ended with 1: .*JSONDecodeError"):
        Case("tiny", (1, 8, 8), 1, 0).measured()
