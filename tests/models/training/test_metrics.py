from pathlib import Path

import pytest

from models.training.metrics import MetricsLog


def test_a_rewound_log_holds_what_came_before_the_checkpoint(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in range(5):
        log.write(step, loss=float(step))
    log.rewind(2)
    assert [entry["step"] for entry in log.read()] == [0, 1, 2]
    log.rewind(None)
    assert log.read() == []


def test_a_line_that_a_kill_cut_short_is_no_line(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    log.write(1, loss=0.5)
    with log.path.open("a") as stream:
        stream.write('{"step": 2, "lo')
    assert log.read() == [{"step": 1, "loss": 0.5}]


def test_the_ends_of_a_curve_are_means_of_ten(tmp_path: Path):
    log = MetricsLog(tmp_path / "metrics.jsonl")
    for step in range(40):
        log.write(step, loss=float(step))
    assert log.ends("loss") == (4.5, 34.5)
    with pytest.raises(ValueError, match="no accuracy"):
        log.ends("accuracy")
