import numpy as np
import pytest

from serving.watermark import Watermarker
from tests.serving.watermark.scenes import cropped, flat_clip, resized, through_h264, upsized_clip

KEY, PAYLOAD = bytes(range(32)), 0x8123456789ABCDEF
SIZES = [(480, 480), (480, 854), (854, 480)]


def psnr(a, b):
    return 10 * np.log10(255**2 / np.mean((a.astype(np.float64) - b) ** 2))


@pytest.fixture(scope="module")
def marker():
    return Watermarker(KEY)


@pytest.mark.parametrize(("height", "width"), SIZES)
@pytest.mark.parametrize("scene", [flat_clip, upsized_clip])
def test_the_mark_is_read_after_h264_at_every_delivered_size(marker, scene, height, width):
    clip = scene(40, height, width, seed=height + width)
    marked = marker.embed(clip, PAYLOAD)
    found = marker.detect(through_h264(marked, 28))
    assert found.payload == PAYLOAD
    assert found.p_value < 1e-12
    assert psnr(clip, marked) >= 40


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda clip: through_h264(resized(clip, 0.7), 23), id="resize"),
        pytest.param(lambda clip: through_h264(cropped(clip, 0.8), 23), id="crop"),
        pytest.param(lambda clip: through_h264(resized(cropped(clip, 0.8), 1.25), 23), id="crop and back to size"),
        pytest.param(lambda clip: through_h264(clip, 30), id="encoded again"),
        pytest.param(lambda clip: np.clip(clip[::2] * 0.8 + 20, 0, 255).astype(np.uint8), id="dimmed, half the frames"),
    ],
)
def test_the_mark_survives(marker, change):
    delivered = through_h264(marker.embed(flat_clip(40, 480, 854, seed=5), PAYLOAD, shot=3), 20)
    found = marker.detect(change(delivered))
    assert found.payload == PAYLOAD
    assert found.p_value < 1e-9


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_still_of_one_grey_carries_the_mark(marker, level):
    still = np.full((16, 480, 480, 3), level, np.uint8)
    assert marker.detect(through_h264(marker.embed(still, PAYLOAD), 23)).payload == PAYLOAD


def test_another_key_finds_nothing(marker):
    found = Watermarker(b"another installation's key").detect(marker.embed(flat_clip(8, 256, 256, seed=1), PAYLOAD))
    assert found.payload is None
    assert found.p_value > 1e-3


def test_every_payload_bit_can_be_told(marker):
    still = np.full((1, 256, 256, 3), 120, np.uint8)
    for payload in (0, 2**64 - 1, 0xAAAAAAAAAAAAAAAA, 1, 2**63):
        assert marker.detect(marker.embed(still, payload)).payload == payload


def test_shots_and_payloads_lie_at_other_places_of_the_torus(marker):
    still = np.full((1, 128, 128, 3), 120, np.uint8)
    first, second = (marker.embed(still, PAYLOAD, shot).astype(float)[0, ..., 0] - 120 for shot in (0, 1))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.3


@pytest.mark.parametrize("shape", [(0, 64, 64, 3), (3, 20, 31, 3), (1, 1, 1, 3)])
def test_tiny_and_empty_clips_have_no_mark_and_raise_nothing(marker, shape):
    assert marker.detect(np.zeros(shape, np.uint8)).payload is None


def test_wrong_frames_and_short_keys_are_refused(marker):
    with pytest.raises(ValueError, match="uint8"):
        marker.embed(np.zeros((1, 64, 64, 3), np.float32), 1)
    with pytest.raises(ValueError, match="64-bit"):
        marker.embed(np.zeros((1, 64, 64, 3), np.uint8), 2**64)
    with pytest.raises(ValueError, match="16 bytes"):
        Watermarker(b"short")
