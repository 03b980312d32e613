"""The drawings of the ``arcade`` wheel (CC0, Kenney), read from its files without importing it."""

from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_PACKAGE = "arcade"
_IMAGES = "arcade/resources/assets/images"


class SpritesMissing(LookupError):
    """A drawing that is not where it should be; the message says what to install or to name differently."""


@cache
def images() -> Path:
    """The folder of the wheel's drawings. Raises SpritesMissing when the wheel is not installed."""
    try:
        package = distribution(_PACKAGE)
    except PackageNotFoundError as error:
        raise SpritesMissing(
            f"package {_PACKAGE}, whose files the world is made of, is missing: run `make setup`"
        ) from error
    folder = Path(str(package.locate_file(_IMAGES)))
    if not folder.is_dir():
        raise SpritesMissing(f"{folder} is missing: install {_PACKAGE} again")
    return folder


@lru_cache(maxsize=256)
def drawing(file: str) -> NDArray[np.uint8]:
    """A file of the wheel, or of the user by its absolute path: RGBA, not premultiplied. Read-only."""
    import cv2

    path = images() / file  # an absolute path of the user's stays itself
    read = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if read is None:
        raise SpritesMissing(f"{path} is missing or no picture: install {_PACKAGE} again, or mend your own file")
    if read.ndim == 2:
        read = cv2.cvtColor(read, cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.cvtColor(read, cv2.COLOR_BGRA2RGBA if read.shape[2] == 4 else cv2.COLOR_BGR2RGBA))
