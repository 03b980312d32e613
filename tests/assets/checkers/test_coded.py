import numpy as np

from assets.checkers.coded import coded, coded_sound


def test_frames_come_back_in_number_and_size_and_nearly_alike():
    ramp = np.linspace(40, 200, 64).astype(np.uint8)
    frames = np.stack([np.repeat(np.tile(np.roll(ramp, at), (64, 1))[..., None], 3, axis=-1) for at in range(5)])
    back = coded(frames, 8)
    assert back.shape == frames.shape
    assert 0 < np.abs(back.astype(int) - frames).mean() < 6


def test_sound_comes_back_as_long_and_in_time():
    time = np.arange(48_000) / 48_000
    tone = (0.3 * np.sin(2 * np.pi * 500 * time) * (time > 0.5)).astype(np.float32)
    back = coded_sound(tone)
    assert len(back) == len(tone)
    begins = np.flatnonzero(np.abs(back) > 0.1)[0] / 48_000
    assert abs(begins - 0.5) < 0.01
