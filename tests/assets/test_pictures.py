import numpy as np
from PIL import Image

from assets.pictures import bars, contact_sheet, curves, spectrograms


def test_a_sheet_shows_every_cell_in_its_place(tmp_path):
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    cells = [([np.full((20, 30, 3), colour, np.uint8)] * 2, "a long caption " * 4) for colour in colours]
    picture = np.asarray(Image.open(contact_sheet(tmp_path / "sheet.png", cells, columns=2, side=60)))
    assert (picture[10, 10] == colours[0]).all()
    assert (picture[10, -20] == colours[1]).all()
    assert (picture[picture.shape[0] // 2 + 10, 10] == colours[2]).all()


def test_curves_and_bars_are_pictures(tmp_path):
    lines = {"l1": [(0, 1.0), (10, 0.1)], "kl": [(0, 2.0), (10, 1.5)]}
    for path in (
        curves(tmp_path / "curve.png", lines),
        curves(tmp_path / "empty.png", {}),
        bars(tmp_path / "bars.png", {"a": [1.0, 2.0], "b": [0.5, 1.0]}, xlabel="x", ylabel="y"),
    ):
        assert np.asarray(Image.open(path)).std() > 0


def test_a_tone_is_a_line_at_its_frequency(tmp_path):
    from assets.pictures import _spectrum

    tone = np.sin(2 * np.pi * 3000 * np.arange(48_000) / 48_000).astype(np.float32)
    level, _, hertz = _spectrum(tone, 48_000)
    assert abs(hertz[level.mean(axis=1).argmax()] - 3000) < 24
    assert abs(level.max()) < 0.5  # full scale is 0 dB
    assert spectrograms(tmp_path / "tone.png", [("tone", tone)], rate=48_000).stat().st_size > 1000
