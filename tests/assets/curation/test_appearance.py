import numpy as np
import pytest

from assets.curation.appearance import COLOURS, HASH_BITS, colour_shares, hash_distance, perceptual_hash


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((255, 0, 0), "red"),
        ((255, 140, 0), "orange"),
        ((255, 240, 0), "yellow"),
        ((0, 200, 0), "green"),
        ((0, 220, 230), "cyan"),
        ((20, 40, 230), "blue"),
        ((140, 20, 230), "purple"),
        ((255, 60, 170), "pink"),
        ((110, 60, 15), "brown"),
        ((0, 0, 0), "black"),
        ((250, 250, 250), "white"),
        ((128, 128, 128), "grey"),
    ],
)
def test_plain_colours_have_their_names(rgb, name):
    shares = colour_shares(np.full((4, 4, 3), rgb, np.uint8))
    assert shares[COLOURS.index(name)] == 1.0
    assert shares.sum() == pytest.approx(1.0)


def _noise(seed):
    import cv2

    return cv2.GaussianBlur(np.random.default_rng(seed).random((144, 256)).astype(np.float32), (0, 0), 8)


def test_hashes_of_resized_and_noisy_copies_are_near_and_those_of_others_far():
    import cv2

    picture = _noise(0)
    copy = cv2.resize(picture, (160, 90)) * 0.9 + 0.02
    hashes = [np.array([perceptual_hash(p)], np.uint64) for p in (picture, copy, _noise(1))]
    assert hash_distance(hashes[0], hashes[1]) <= 4
    assert hash_distance(hashes[0], hashes[2]) > 16


def test_distance_counts_differing_bits_of_every_pair():
    first = np.array([0, 0b1011], np.uint64)
    second = np.array([0, 2**HASH_BITS - 1, 0b1000], np.uint64)
    assert hash_distance(first, second).tolist() == [[0, 64, 1], [3, 61, 2]]
