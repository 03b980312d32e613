from PIL import Image

from assets.curation.sheets import sheet_of_clips
from tests.assets.videos import moving_pictures, write_video


def test_a_clip_that_cannot_be_read_is_named_and_the_others_are_shown(tmp_path, caplog):
    film = write_video(tmp_path / "film.mp4", moving_pictures(25))
    torn = tmp_path / "torn.mp4"
    torn.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    span = {"start": 0.0, "end": 1.0, "width": 192, "height": 144}
    records = [{**span, "path": str(path)} for path in (film, tmp_path / "gone.mp4", torn)]
    with Image.open(sheet_of_clips(tmp_path / "sheet.png", records, ["film", "gone", "torn"])) as sheet:
        colours = [len(sheet.crop((x, 6, x + 280, 100)).getcolors(1 << 16)) for x in (6, 302, 598)]
    assert [count > 99 for count in colours] == [True, False, False]
    assert all(name in caplog.text for name in ("gone.mp4", "torn.mp4"))
