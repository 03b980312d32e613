import numpy as np
import pytest

from assets.curation.signals.quality import Quality, blockiness, colourfulness
from tests.assets.curation.signals.pictures import film, gliding, ground, result

cv2 = pytest.importorskip("cv2")


def blocked(luma, step):
    """Transform blocks of 8x8 whose coefficients are rounded to multiples of ``step``, as JPEG does."""
    out = luma.astype(np.float32).copy()
    for top in range(0, luma.shape[0], 8):
        for left in range(0, luma.shape[1], 8):
            block = cv2.dct(out[top : top + 8, left : left + 8])
            out[top : top + 8, left : left + 8] = cv2.idct(np.round(block / step) * step)
    return np.clip(out, 0, 255).astype(np.uint8)


def test_blockiness_grows_with_quantisation_and_a_clean_picture_has_none():
    luma = cv2.GaussianBlur(ground(1)[:, :, 0], (0, 0), 2)
    values = [blockiness(blocked(luma, step)) for step in (4, 40, 100, 200)]
    assert blockiness(luma) < 0.1
    assert values == sorted(values)
    assert values[-1] > 0.5


def test_a_crop_shifts_the_grid_and_hides_the_blocks():
    luma = blocked(cv2.GaussianBlur(ground(1)[:, :, 0], (0, 0), 2), 100)
    assert blockiness(luma[3:, 3:]) < blockiness(luma) / 4


def test_colourfulness_is_that_of_the_formula():
    grey = np.full((10, 10, 3), 90, np.uint8)
    assert colourfulness(grey) == 0.0
    halves = grey.copy()
    halves[:5], halves[5:] = [200, 0, 0], [0, 200, 0]
    # rg is +-200 (deviation 200, mean 0), yb is 100 everywhere.
    assert colourfulness(halves) == pytest.approx(200 + 0.3 * 100)


def test_detail_falls_with_blur(tmp_path):
    def blurred(sigma):
        for picture in gliding(8, 1.0):
            sharp = cv2.resize(picture[:72, :128], (256, 144), interpolation=cv2.INTER_NEAREST)
            yield cv2.GaussianBlur(sharp, (0, 0), sigma)

    details = [result(Quality(), film(tmp_path, blurred(sigma)))["detail"] for sigma in (0.1, 1.0, 4.0)]
    assert details == sorted(details, reverse=True)
    assert details[0] > 2 * details[2]
