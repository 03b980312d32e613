import numpy as np

from serving.watermark.tile import (
    BAND,
    BITS,
    SIZE,
    analyse,
    correlate,
    patterns,
    shifted,
    sync_surface,
    synthesise,
    tile,
)


def test_patterns_are_orthonormal():
    own = patterns(b"key" * 8)
    rows = np.vstack([own.sync, own.first, own.second])
    np.testing.assert_allclose(rows @ rows.T, np.eye(1 + 2 * BITS), atol=1e-10)


def test_the_tile_has_unit_deviation_and_energy_in_the_band_alone():
    picture = tile(b"key" * 8, 12345, 0).astype(float)
    assert abs(picture.mean()) < 1e-6
    assert abs(picture.std() - 1) < 1e-5
    power = np.abs(np.fft.fft2(picture)) ** 2
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(SIZE, 1 / SIZE), np.fft.fftfreq(SIZE, 1 / SIZE)))
    inside = (radius >= BAND[0]) & (radius <= BAND[1])
    assert power[~inside].sum() < 1e-9 * power.sum()


def test_synthesis_and_analysis_are_inverse_up_to_scale():
    own = patterns(b"key" * 8)
    got = correlate(np.vstack([own.sync, own.first]), analyse(synthesise(own.first[3])))
    np.testing.assert_allclose(got, np.eye(1 + BITS)[4], atol=1e-9)


def test_the_sync_surface_peaks_at_the_shift_and_shifting_back_restores_the_pattern():
    own = patterns(b"key" * 8)
    spectrum = analyse(np.roll(synthesise(own.sync), (17, 101), (0, 1)))
    surface = sync_surface(own.sync, spectrum)
    assert np.unravel_index(surface.argmax(), surface.shape) == (34, 202)
    np.testing.assert_allclose(correlate(own.sync, shifted(spectrum, 17, 101)), 1, atol=1e-9)


def test_signs_of_one_column_flip_that_pattern_alone():
    """The claim on which the p-value stands."""
    rng = np.random.default_rng(0)
    signs = rng.choice([-1.0, 1.0], (40, 6))
    flipped = signs * [1, 1, -1, 1, 1, 1]

    def orthonormal(matrix):
        q, r = np.linalg.qr(matrix)
        return q * np.sign(np.diag(r))

    np.testing.assert_allclose(orthonormal(flipped), orthonormal(signs) * [1, 1, -1, 1, 1, 1], atol=1e-12)
