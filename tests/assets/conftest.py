"""Fixtures of files, good and hostile."""

import numpy as np
import pytest

from tests.assets.videos import moving_pictures, write_sound, write_video


@pytest.fixture(scope="session")
def hostile_folder(tmp_path_factory):
    """A good clip, and every kind of file that is not one."""
    folder = tmp_path_factory.mktemp("hostile")
    good = write_video(folder / "good.mp4", moving_pictures(50))
    (folder / "zcopy.mp4").write_bytes(good.read_bytes())
    other = write_video(folder / "other.tmp.mp4", moving_pictures(50, seed=1)).read_bytes()
    (folder / "truncated.mp4").write_bytes(other[: len(other) * 6 // 10])
    (folder / "other.tmp.mp4").unlink()
    write_video(folder / "front.tmp.mp4", moving_pictures(50, seed=2), container={"movflags": "faststart"})
    front = (folder / "front.tmp.mp4").read_bytes()
    (folder / "truncated_front.mp4").write_bytes(front[: len(front) * 8 // 10])
    (folder / "front.tmp.mp4").unlink()
    (folder / "empty.mp4").touch()
    (folder / "text.mp4").write_text("this is no video\n" * 100)
    (folder / "playlist.mp4").write_text(f"#EXTM3U\n#EXTINF:2,\n{good}\n#EXT-X-ENDLIST\n")
    write_sound(folder / "music.mp3")
    wide = np.zeros((16, 20_000, 3), np.uint8)
    write_video(folder / "wide.mp4", [wide] * 3, codec="mjpeg", pix_fmt="yuvj420p")
    (folder / "good.mp4.json").write_text('{"licence": "CC-BY-4.0", "attribution": "A. Person"}')
    return folder
