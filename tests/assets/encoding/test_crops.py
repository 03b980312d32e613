import numpy as np

from assets.encoding.crops import PixelCrops, SoundCrops
from assets.encoding.held_out import mean_colour_psnr, seen, sounding
from assets.sandbox_corpus.lots import records
from assets.world.colours import RGB
from models.recipes import smoke

_RECORDS = list(records(smoke().corpus, smoke().world))


def _generator():
    return np.random.default_rng(3)


def test_pixel_crops_are_a_function_of_the_generator():
    crops = PixelCrops(_RECORDS, [], [(64, 64), (64, 112)])
    first = crops(_generator(), 5, 48, 6)
    assert first.shape == (6, 5, 48, 48, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, PixelCrops(_RECORDS, [], [(64, 64), (64, 112)])(_generator(), 5, 48, 6))


def test_footage_is_drawn_at_its_share():
    marked = np.full((20, 64, 64, 3), 77, np.uint8)
    crops = PixelCrops(_RECORDS, [marked], [(32, 32)])(_generator(), 1, 16, 600)
    share = np.mean([(crop == 77).all() for crop in crops])
    assert 0.1 < share < 0.2


def test_footage_that_is_too_short_is_passed_over():
    short = np.full((3, 64, 64, 3), 77, np.uint8)
    crops = PixelCrops(_RECORDS, [short], [(32, 32)])(_generator(), 4, 16, 60)
    assert not any((crop == 77).all() for crop in crops)


def test_sound_crops_are_a_function_of_the_generator_not_of_what_was_drawn_before():
    crops = SoundCrops(_RECORDS)
    crops(np.random.default_rng(0), 4, 9600)
    again = crops(_generator(), 3, 9600)
    assert again.shape == (3, 9600)
    assert again.dtype == np.float32
    assert np.array_equal(again, SoundCrops(_RECORDS)(_generator(), 3, 9600))


def test_held_out_clips_are_validation_clips():
    found = seen(_RECORDS, [], smoke())
    assert {name: clips[0].shape for name, clips in found.items()} == {
        "image": (1, 64, 64, 3),
        "video": (16, 64, 64, 3),
        "person": (16, 64, 64, 3),
    }
    assert [len(sound) for sound in sounding(_RECORDS)] == [96_000] * 6


def test_a_flat_clip_loses_nothing_to_its_mean_colour_and_two_halves_lose_their_difference():
    flat = np.full((2, 8, 8, 3), RGB["green"], np.uint8)
    assert mean_colour_psnr([flat]) == 100
    halves = np.concatenate([np.zeros((1, 8, 4, 3)), np.full((1, 8, 4, 3), 255)], axis=2).astype(np.uint8)
    assert np.isclose(mean_colour_psnr([halves]), 10 * np.log10(4))
