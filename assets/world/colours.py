"""The ten named colours of the world, and dyeing a sprite in one of them."""

import numpy as np
from numpy.typing import NDArray

RGB: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "orange": (244, 130, 28),
    "yellow": (246, 214, 50),
    "green": (44, 164, 70),
    "cyan": (60, 204, 214),
    "blue": (42, 80, 214),
    "purple": (128, 62, 190),
    "pink": (244, 134, 190),
    "white": (236, 236, 236),
    "black": (34, 34, 36),
}
COLOURS = tuple(RGB)

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # BT.601
_SATURATED = 64  # of 255: below this a pixel has no hue of its own
_HUE_REACH = 22  # half-degrees to either side of the main hue
_MAIN_SHARE = 0.4  # of the opaque area that the main hue must cover, else everything is dyed
_DARKEST, _LIGHTEST = 0.5, 1.5


def dyed(sprite: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """``sprite`` RGBA [H, W, 4] with its main hue replaced by a named colour, its shading kept.

    Where one hue covers most of the sprite only that is dyed (a mushroom keeps its white dots), else all of it.
    """
    import cv2

    opaque = sprite[..., 3] > 0
    hsv = cv2.cvtColor(np.ascontiguousarray(sprite[..., :3]), cv2.COLOR_RGB2HSV)
    saturated = opaque & (hsv[..., 1] > _SATURATED) & (hsv[..., 2] > _SATURATED)
    region = opaque
    if saturated.sum() > _MAIN_SHARE * opaque.sum():
        counts = np.bincount(hsv[saturated][:, 0], minlength=180).astype(float)
        smooth = sum(np.roll(counts, shift) for shift in range(-8, 9))
        away = np.abs((hsv[..., 0].astype(int) - int(np.argmax(smooth)) + 90) % 180 - 90)
        main = saturated & (away <= _HUE_REACH)
        if main.sum() > _MAIN_SHARE * opaque.sum():
            region = main
    return toned(sprite, region, RGB[colour])


def toned(sprite: NDArray[np.uint8], region: NDArray[np.bool_], rgb: tuple[int, int, int]) -> NDArray[np.uint8]:
    """``sprite`` with ``region`` [H, W] in shades of ``rgb``: its median lightness becomes ``rgb`` itself."""
    out = sprite.copy()
    out[..., :3][region] = shaded(gains(sprite, region), rgb)
    return out


def gains(sprite: NDArray[np.uint8], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Lightness of each pixel of a region over their median, [K, 1], held within what a shade may be."""
    light = sprite[..., :3][region].astype(np.float32) @ _LUMA
    reference = max(float(np.median(light)), 1.0) if len(light) else 1.0
    return np.asarray(np.clip(light / reference, _DARKEST, _LIGHTEST)[:, None], np.float32)


def shaded(gain: NDArray[np.float32], rgb: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Shades of a colour, [K, 3]: darker below a gain of 1, toward white above."""
    target = np.array(rgb, np.float32)
    shade = np.where(gain > 1, target + (255 - target) * (gain - 1) * 0.6, target * gain)
    return np.rint(np.clip(shade, 0, 255)).astype(np.uint8)
