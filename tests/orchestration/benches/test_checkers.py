from assets.checkers.evaluation import Result
from assets.checkers.scores import Score
from orchestration.benches import checkers as bench


def _result(clean, coded):
    return Result(*(Score(value, value - 0.01, value + 0.01, 512) for value in (clean, coded, 0.26)), 0.25)


def test_the_worst_checker_is_named_in_front_and_the_camera_stands_apart(monkeypatch):
    results = {"words": _result(0.99, 0.96), "edits": _result(0.98, 0.97), "camera": _result(0.9, 0.8)}
    monkeypatch.setattr(bench, "evaluate", lambda progress: results)
    figures = bench.run()
    assert figures["accuracy_clean"] == 0.98
    assert figures["accuracy_h264"] == 0.96
    assert figures["camera_clean"] == 0.9
    assert figures["camera_h264"] == 0.8


def test_each_checker_has_its_interval_its_control_and_its_chance():
    assert bench.figures({"words": _result(0.99, 0.96)}) == {
        "accuracy_clean": 0.99,
        "accuracy_h264": 0.96,
        "words_clean": 0.99,
        "words_clean_low": 0.98,
        "words_clean_high": 1.0,
        "words_h264": 0.96,
        "words_h264_low": 0.95,
        "words_h264_high": 0.97,
        "words_shuffled": 0.26,
        "words_shuffled_low": 0.25,
        "words_shuffled_high": 0.27,
        "words_chance": 0.25,
        "words_clips": 512.0,
    }


def test_progress_is_shown_beside_the_figures_not_among_them(capsys):
    with bench._bars() as progress:
        progress("still", 16, 16)
    shown = capsys.readouterr()
    assert "still clips" in shown.err
    assert not shown.out
