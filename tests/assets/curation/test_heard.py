from assets.curation.heard import heard_rows


def clip(sounds, seconds):
    return {"start": 1.0, "end": 1.0 + seconds, "signals": {"sounds": sounds}}


def test_classes_are_counted_by_clips_and_by_seconds():
    head, rows, remark = heard_rows([clip({"birds": 1.0, "coin": 0.25}, 4.0), clip({"birds": 0.5}, 2.0), clip({}, 3.0)])
    assert head == ("class", "clips", "seconds")
    assert rows == (("birds", "2", "5.0"), ("coin", "1", "1.0"))
    assert "not measured" not in remark


def test_clips_without_sound_are_told_apart_from_quiet_ones():
    head, rows, remark = heard_rows([clip(None, 4.0), {"start": 0.0, "end": 1.0, "signals": {}}])
    assert head == rows == ()
    assert "not measured on 2 of 2 clips" in remark
