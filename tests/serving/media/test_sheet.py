import numpy as np
from PIL import Image

from serving.media.sheet import Row, contact_sheet, stills, stills_among


def test_stills_run_evenly_from_the_first_frame_to_the_last():
    frames = np.arange(33)[:, None, None, None] * np.ones((1, 2, 2, 3), int)
    assert [still[0, 0, 0] for still in stills(frames, 5)] == [0, 8, 16, 24, 32]
    assert len(stills(frames[:1], 3)) == 3


def test_stills_of_frames_that_pass_by_are_the_same():
    frames = np.arange(33)[:, None, None, None] * np.ones((1, 2, 2, 3), int)
    for count in (1, 5, 40):
        np.testing.assert_array_equal(stills_among(iter(frames), 33, count), stills(frames, count))
    assert [still[0, 0, 0] for still in stills_among(iter(frames[:20]), 33, 5)] == [0, 8, 16]


def test_each_clip_has_a_row_with_its_stills_in_order(tmp_path):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    row = [np.full((60, 90, 3), colour, np.uint8) for colour in colours]
    contact_sheet(tmp_path / "sheet.png", [Row("first", row), Row("second", row[::-1])])
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert [tuple(sheet[80, 6 + 90 + i * 186]) for i in range(3)] == colours
    assert [tuple(sheet[80 + 146, 6 + 90 + i * 186]) for i in range(3)] == colours[::-1]
