import pytest

from orchestration.benches.envelope import ProcessFailed, in_fresh_process


def test_a_fresh_process_tells_what_its_last_line_holds(tmp_path, monkeypatch):
    (tmp_path / "measured.py").write_text("import sys\nprint('warm')\nprint('{\"peak\": ' + sys.argv[1] + '}')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert in_fresh_process("measured", 7) == {"peak": 7}


def test_a_process_that_ends_badly_is_told_with_its_last_words():
    with pytest.raises(ProcessFailed, match=r"(?s)benches.long.apart ended with 1: .*not enough values"):
        in_fresh_process("orchestration.benches.long.apart")
