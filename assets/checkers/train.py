"""Training of the checkers' weights: ``python -m assets.checkers.train``. Equal seeds give equal weights."""

from dataclasses import replace

from assets.checkers import background, camera, clips, detector
from assets.checkers.coded import coded
from assets.checkers.patches import scenes
from assets.checkers.tracking import Steps, steps
from models.files import write_bytes

SEED = 0
_SCENES, _FIRST_SCENE = 160, 1_000
_CYCLES = (1200, 900)
_MOVING = ((640, 50_000), (640, 60_000))  # clips and first seed
_STILL, _FIRST_STILL = 360, 90_000


def main() -> None:
    """Train all three networks and write them beside the package."""
    import torch
    from safetensors.torch import save

    torch.set_num_threads(1)  # one order of sums
    _train_background()
    _train_camera()
    net = detector.train(scenes(_SCENES, _FIRST_SCENE), _CYCLES, SEED)
    write_bytes(detector.WEIGHTS, save({name: part.contiguous() for name, part in net.state_dict().items()}))


def _train_background() -> None:
    options = replace(clips.STILL, split="train")
    seen, classes = [], []
    for seed in range(_FIRST_STILL, _FIRST_STILL + _STILL):
        clip = clips.rendered(seed, options, fps=4, frames=2)
        seen.append(coded(clip.frames, clips.FPS) if seed % 2 else clip.frames)
        classes.append(clip.spec.background.theme or background.PAINTED)
    background.train(seen, classes, SEED).save(background.WEIGHTS)


def _train_camera() -> None:
    seen: list[Steps] = []
    classes: list[str] = []
    for count, first in _MOVING:
        for number, clip in enumerate(clips.moving(count, "train", first)):
            every_other_round = number // len(camera.CAMERAS) % 2
            seen.append(steps(coded(clip.frames, clips.FPS) if every_other_round else clip.frames))
            classes.append(clip.truth.camera)
    camera.train(seen, classes, SEED).save(camera.WEIGHTS)


if __name__ == "__main__":
    main()
