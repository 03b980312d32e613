"""Video features: what the audio model sees of a video, one vector for each audio latent frame."""

import numpy as np

LATENT_STRIDE = 8  # video frames in one latent frame
_CELLS = 2  # cells a side that a latent frame is averaged to


def video_features(latent: np.ndarray, audio_frames: int, *, fps: float = 16.0, audio_rate: float = 25.0) -> np.ndarray:
    """Frame-wise video condition of the audio model: latents pooled to 2x2 and resampled in time to the audio's rate.

    Latent frame ``k`` is centred at ``(k + 1/2) * 8 / fps`` seconds, audio frame ``a`` at ``(a + 1/2) / audio_rate``;
    between centres the features are interpolated linearly, beyond the outer ones they are held. Two lengths that do not
    divide each other therefore stay in step.

    Args:
        latent: Normalised video latent, [16, T, h, w] or [B, 16, T, h, w].
        audio_frames: How many vectors to make.
        fps: Video frames a second.
        audio_rate: Audio latent frames a second.

    Returns:
        float32 [audio_frames, 64] or [B, audio_frames, 64]; channel ``4 c + 2 i + j`` is latent channel ``c`` in cell
        row ``i``, column ``j``.
    """
    pooled = _pool(np.asarray(latent, dtype=np.float32))
    frames = pooled.shape[-2]
    times = (np.arange(audio_frames) + 0.5) / audio_rate
    position = np.clip(times * fps / LATENT_STRIDE - 0.5, 0, frames - 1)
    before = np.floor(position).astype(np.int64)
    after = np.minimum(before + 1, frames - 1)
    weight = (position - before).astype(np.float32)[:, None]
    features: np.ndarray = pooled[..., before, :] * (1 - weight) + pooled[..., after, :] * weight
    return features


def _pool(latent: np.ndarray) -> np.ndarray:
    """[..., C, T, h, w] -> [..., T, 4 C]: the mean of each quadrant."""
    rows = [
        np.stack([cell.mean(axis=(-2, -1)) for cell in np.array_split(row, _CELLS, axis=-1)], axis=-1)
        for row in np.array_split(latent, _CELLS, axis=-2)
    ]
    cells = np.swapaxes(np.stack(rows, axis=-2), -4, -3)  # [..., C, T, 2, 2] -> [..., T, C, 2, 2]
    return cells.reshape(*cells.shape[:-3], -1)
