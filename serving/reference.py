"""References: who or what is to appear, as the personalized model takes it."""

import numpy as np

from serving.clip import from_pixels
from serving.errors import RequestRefused
from serving.media.resize import cover
from serving.sampling.guidance import Graph


def reference_tokens(encoder: Graph, image: np.ndarray, side: int) -> np.ndarray:
    """Tokens [1, K, width] of a reference picture, cropped to a square about its centre.

    Args:
        encoder: The model's graph for references.
        image: uint8 [H, W, 3].
        side: Pixels of that square.

    Raises:
        RequestRefused: ``image`` is no such array.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[-1] != 3:
        raise RequestRefused(f"a reference is uint8 [H, W, 3], not {image.dtype} {list(image.shape)}")
    picture = from_pixels(cover(image[None], (side, side)))[:, 0]
    return encoder(image=picture[None])
