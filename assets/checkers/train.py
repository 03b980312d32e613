"""Training of the checkers' weights: ``python -m assets.checkers.train [NAME ...]``. Equal seeds give equal weights."""

import sys
from collections.abc import Sequence
from dataclasses import replace

from assets.checkers import background, camera, clips, detector, identity
from assets.checkers.coded import coded
from assets.checkers.patches import scenes
from assets.checkers.tracking import Steps, steps
from models.files import write_bytes

SEED = 0
_SCENES, _FIRST_SCENE = 160, 1_000
_CYCLES = (1200, 900)
_MOVING, _FIRST_MOVING = 4096, 160_000
_STILL, _FIRST_STILL = 360, 90_000


class UnknownNetwork(LookupError):
    """A name that no network has; the message lists those there are."""


def main(names: Sequence[str] = ()) -> None:
    """Train the named networks, or all, and write them beside the package.

    Raises:
        UnknownNetwork: There is none of that name.
    """
    import torch

    torch.set_num_threads(1)  # one order of sums
    known = {
        "background": _train_background,
        "camera": _train_camera,
        "detector": _train_detector,
        "identity": _train_identity,
    }
    for name in names:
        if name not in known:
            raise UnknownNetwork(f"no network is called {name!r}; there are: {', '.join(known)}")
    for name in names or known:
        known[name]()


def _train_background() -> None:
    options = replace(clips.STILL, split="train")
    seen, classes = [], []
    for seed in range(_FIRST_STILL, _FIRST_STILL + _STILL):
        clip = clips.rendered(seed, options, fps=4, frames=2)
        seen.append(coded(clip.frames, clips.FPS) if seed % 2 else clip.frames)
        classes.append(clip.spec.background.theme or background.PAINTED)
    background.train(seen, classes, SEED).save(background.WEIGHTS)


def _train_camera() -> None:
    """Of each clip as rendered and after the codec."""
    seen: list[Steps] = []
    classes: list[str] = []
    for clip in clips.moving(_MOVING, "train", _FIRST_MOVING):
        seen += [steps(frames) for frames in (clip.frames, coded(clip.frames, clips.FPS))]
        classes += [clip.truth.camera] * 2
    camera.train(seen, classes, SEED).save(camera.WEIGHTS)


def _train_detector() -> None:
    from safetensors.torch import save

    net = detector.train(scenes(_SCENES, _FIRST_SCENE), _CYCLES, SEED)
    write_bytes(detector.WEIGHTS, save({name: part.contiguous() for name, part in net.state_dict().items()}))


def _train_identity() -> None:
    """Half precision is enough: the file is small."""
    from safetensors.torch import save

    weights = identity.train(scenes(_SCENES, _FIRST_SCENE), SEED).state_dict()
    halved = {name: part.half() if part.is_floating_point() else part for name, part in weights.items()}
    write_bytes(identity.WEIGHTS, save({name: part.contiguous() for name, part in halved.items()}))


if __name__ == "__main__":
    main(sys.argv[1:])
