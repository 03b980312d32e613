import numpy as np
import pytest

from assets.curation.signals.stillness import Stillness, slideshow
from tests.assets.curation.signals.pictures import film, gliding, ground, result


def noisy(count, grain, flicker, seed=0):
    rng = np.random.default_rng(seed)
    picture = ground(seed)[:144, :256].astype(float)
    for _ in range(count):
        yield np.clip(picture + rng.normal(0, grain, picture.shape) + rng.normal(0, flicker), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("grain", "flicker", "crf"), [(0, 0, "18"), (5, 0, "23"), (2, 3, "32")])
def test_a_still_picture_is_static_through_grain_flicker_and_compression(tmp_path, grain, flicker, crf):
    assert result(Stillness(), film(tmp_path, noisy(32, grain, flicker), options={"crf": crf}))["static"] is True


def test_a_small_thing_that_moves_is_enough_to_be_no_static_clip(tmp_path):
    pictures = []
    for number, picture in enumerate(noisy(32, 2, 1)):
        picture[60:76, 20 + number : 36 + number] = [240, 240, 40]
        pictures.append(picture)
    assert result(Stillness(), film(tmp_path, pictures))["static"] is False


def test_a_slow_pan_is_not_static(tmp_path):
    assert result(Stillness(), film(tmp_path, gliding(48, 0.4)))["static"] is False


def test_a_slideshow_is_three_or_more_shots_of_still_pictures(tmp_path):
    pictures = [picture for seed in range(3) for picture in [ground(seed)[:144, :256]] * 32]
    signal = Stillness()
    result(signal, film(tmp_path, pictures))
    shots = [(0.0, 2.0), (2.0, 4.0), (4.0, 6.0)]
    assert slideshow(signal.track(), shots) == pytest.approx(1.0)
    assert slideshow(signal.track(), shots[:2]) is None


def test_moving_shots_are_no_slideshow(tmp_path):
    pictures = [picture for seed in range(3) for picture in gliding(32, 3.0, seed=seed)]
    signal = Stillness()
    result(signal, film(tmp_path, pictures))
    assert slideshow(signal.track(), [(0.0, 2.0), (2.0, 4.0), (4.0, 6.0)]) == 0.0
