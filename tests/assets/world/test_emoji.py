import io
import json
import stat
import tarfile
from dataclasses import replace

import cv2
import pytest

from assets.world import emoji
from assets.world.draw import EASY, draw
from assets.world.render import render
from assets.world.sprites import kinds
from assets.world.write import write_clip

SQUARE = {"body": '<path fill="#ff0000" d="M8 8h16v16H8z"/>'}
SET = emoji.IconSet({"red-square": SQUARE, "red-cross": SQUARE}, 32, 32)


def _package(path, name="package/icons.json", content=None):
    icons = {"prefix": "x", "icons": SET.icons, "width": 32, "height": 32}
    held = (content or json.dumps(icons)).encode()
    with tarfile.open(path, "w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(held)
        archive.addfile(entry, io.BytesIO(held))
    return path


def _npm(tmp_path, monkeypatch, script):
    program = tmp_path / "bin" / "npm"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_a_drawing_becomes_a_png_with_alpha_that_the_world_shows_and_whose_licence_a_clip_carries(tmp_path):
    (path,) = emoji.write_sprites(tmp_path / "sprites", ["red square"], SET)
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (emoji.SIDE, emoji.SIDE, 4)
    assert tuple(picture[128, 128]) == (0, 0, 255, 255)
    assert picture[2, 2, 3] == 0
    folder = str(tmp_path / "sprites")
    assert "red square" in kinds(folder)
    options = replace(EASY, kinds=("red square",), sprites=folder, own_colours=1.0, motions=("still",))
    spec = next(s for s in (draw(seed, options) for seed in range(20)) if s.background.colours != ("red",))
    clip = render(spec, 64, 64, 8, 2)
    thing = clip.frames[0][clip.truth.instances[0] == 1].reshape(-1, 3)
    assert (abs(thing.astype(int) - (255, 0, 0)).max(axis=1) < 40).mean() > 0.8
    sidecar = json.loads(write_clip(tmp_path, clip).with_suffix(".mp4.json").read_text())
    assert sidecar["licence"] == "CC0-1.0 AND MIT"
    assert "Microsoft" in sidecar["attribution"]


def test_an_unknown_name_lists_near_ones_and_nothing_is_written(tmp_path):
    with pytest.raises(emoji.UnknownEmoji, match=r"'red'.*red-cross, red-square"):
        emoji.write_sprites(tmp_path, ["red square", "red"], SET)
    assert not list(tmp_path.iterdir())


def test_the_package_that_npm_leaves_is_read(tmp_path, monkeypatch):
    package = _package(tmp_path / "held.tgz")
    _npm(tmp_path, monkeypatch, f'[ "$1" = pack ] && cp {package} "$5/iconify.tgz"')
    assert emoji.fetch().icons == SET.icons


def test_an_npm_that_fails_or_is_absent_is_told_with_its_own_words(tmp_path, monkeypatch):
    _npm(tmp_path, monkeypatch, "echo no such package >&2; exit 1")
    with pytest.raises(emoji.EmojiUnavailable, match="no such package"):
        emoji.fetch()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(emoji.EmojiUnavailable, match=r"install Node\.js"):
        emoji.fetch()


@pytest.mark.parametrize(("name", "content"), [("package/other.json", None), ("package/icons.json", "[]")])
def test_what_is_no_icon_set_is_refused(tmp_path, name, content):
    with pytest.raises(emoji.EmojiUnavailable, match=r"icons\.json"):
        emoji.read(_package(tmp_path / "x.tgz", name, content))
