"""The watermark's tile: keyed band-limited patterns on a 128 x 128 torus."""

import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

SIZE = 128  # pixels a side
BITS = 64
BAND = (4.0, 26.0)  # cycles a tile: below, pictures have most of their energy; above, codecs drop it
SYNC_SHARE = 0.25  # of the tile's energy
SLOPE = 0.5  # amplitude falls with this power of frequency: codecs keep the low ones longer

_U, _V = np.meshgrid(np.fft.fftfreq(SIZE, 1 / SIZE), np.arange(SIZE // 2 + 1), indexing="ij")
_RADIUS = np.hypot(_U, _V)
# One of each pair of conjugate frequencies: a real picture's coordinates in the band.
_HALF_PLANE = (np.clip(_RADIUS, *BAND) == _RADIUS) & ((_V > 0) | (_U > 0))
ROWS = _U[_HALF_PLANE].astype(int)
COLUMNS = _V[_HALF_PLANE].astype(int)
DIMENSIONS = 2 * len(ROWS)
RINGS = ((np.hypot(ROWS, COLUMNS) - BAND[0]) // 2).astype(int)  # frequencies of like radius, two cycles wide

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Patterns:
    """Orthonormal patterns of one key, as coordinates in the band (cosine parts, then sine parts).

    Attributes:
        sync: [D], finds position and scale.
        first, second: [64, D] each; both carry bit i, so that they must agree where there is a mark.
    """

    sync: Floats
    first: Floats
    second: Floats


@lru_cache(maxsize=8)
def patterns(key: bytes) -> Patterns:
    """The patterns of ``key``: signs drawn by SHAKE-256, made orthonormal one after the other (sync first).

    The signs of a column flip its orthonormalised column and no other. Over the choice of the key, therefore, the
    correlations of any fixed picture with the 128 payload patterns have independent, fair signs.
    """
    count = 1 + 2 * BITS
    stream = hashlib.shake_256(b"cinemill watermark patterns" + key).digest(DIMENSIONS * count // 8 + 1)
    bits = np.unpackbits(np.frombuffer(stream, np.uint8))[: DIMENSIONS * count]
    signs = bits.reshape(DIMENSIONS, count).astype(np.float64) * 2 - 1
    orthonormal, triangle = np.linalg.qr(signs)
    columns = (orthonormal * np.sign(np.diag(triangle))).T
    return Patterns(columns[0], columns[1 : 1 + BITS], columns[1 + BITS :])


def tile(key: bytes, payload: int, shot: int) -> NDArray[np.float32]:
    """The [128, 128] tile of ``payload``, zero mean and unit standard deviation.

    Its position on the torus is keyed by payload and shot: averaging many deliverables does not show the tile.

    Raises:
        ValueError: the payload is not an unsigned 64-bit number.
    """
    if not 0 <= payload < 1 << BITS:
        raise ValueError(f"A watermark payload is an unsigned {BITS}-bit number, not {payload}.")
    own = patterns(key)
    bits = np.array([payload >> index & 1 for index in range(BITS)]) * 2.0 - 1.0
    data = bits @ (own.first + own.second) / np.sqrt(2 * BITS)
    shape = np.tile(np.hypot(ROWS, COLUMNS) ** -SLOPE, 2)
    picture = synthesise(shape * (np.sqrt(SYNC_SHARE) * own.sync + np.sqrt(1 - SYNC_SHARE) * data))
    phase = hmac.new(key, b"phase %d %d" % (payload, shot), hashlib.sha256).digest()
    return np.roll(picture / picture.std(), (phase[0] % SIZE, phase[1] % SIZE), (0, 1)).astype(np.float32)


def synthesise(coordinates: Floats) -> Floats:
    """The picture [128, 128] with the given coordinates in the band."""
    spectrum = np.zeros((SIZE, SIZE // 2 + 1), complex)
    spectrum[ROWS, COLUMNS] = _complex(coordinates)
    return np.fft.irfft2(_hermitian(spectrum), s=(SIZE, SIZE))


def analyse(picture: Floats) -> NDArray[np.complex128]:
    """The picture's complex spectrum [D/2] in the band."""
    return np.fft.rfft2(picture)[ROWS, COLUMNS]


def correlate(patterns_: Floats, spectrum: NDArray[np.complex128]) -> Floats:
    """Inner products of patterns [..., D] with a spectrum [D/2]."""
    return patterns_ @ np.concatenate([spectrum.real, spectrum.imag])


def shifted(spectrum: NDArray[np.complex128], down: float, right: float) -> NDArray[np.complex128]:
    """The spectrum of the picture moved back by ``down`` and ``right`` pixels (fractions too)."""
    return spectrum * np.exp(2j * np.pi * (ROWS * down + COLUMNS * right) / SIZE)


def sync_surface(sync: Floats, spectrum: NDArray[np.complex128]) -> Floats:
    """Correlation with the sync pattern at every half-pixel shift: [256, 256]."""
    wide = np.zeros((2 * SIZE, SIZE + 1), complex)
    wide[ROWS, COLUMNS] = spectrum * _complex(sync).conj()
    return np.fft.irfft2(_hermitian(wide), s=(2 * SIZE, 2 * SIZE)) * (2 * SIZE * SIZE)


def _complex(coordinates: Floats) -> NDArray[np.complex128]:
    half = len(ROWS)
    return coordinates[:half] + 1j * coordinates[half:]


def _hermitian(spectrum: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Fill in the conjugates that a real transform expects in column 0."""
    rows = ROWS[COLUMNS == 0]
    spectrum[-rows, 0] = spectrum[rows, 0].conj()
    return spectrum
