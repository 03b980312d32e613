import numpy as np
from PIL import Image

from assets.starter import round_trip_sheet
from assets.starter.footage import excerpts


def test_excerpts_show_the_middle_of_three_films():
    found = dict(excerpts(64, 3))
    assert len(found) == 3
    for name, frames in found.items():
        assert frames.shape == (3, 64, 64, 3), name
        assert frames.std() > 10, name


def test_a_sheet_shows_clips_and_footage_over_what_came_back(tmp_path, monkeypatch):
    monkeypatch.setattr(round_trip_sheet, "through", lambda model, clips: [0 * clip for clip in clips])
    with Image.open(round_trip_sheet.sheet(tmp_path / "sheet.png")) as picture:
        assert picture.width > 2 * 4 * 128
        shown = np.asarray(picture.convert("RGB"))[:, 20]
    assert shown[20:130].any(axis=1).all()
    assert not shown[140:250].any()
