"""Training of the checkers' weights: ``python -m assets.checkers.train [NAME ...]``. Equal seeds give equal weights.

Each network is written as soon as it is trained, and a long one keeps its state under ``var/checkers`` while it trains:
killed and started again, the command goes on from there. Remove that folder to begin anew.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from assets.checkers import background, belief, camera, clips, detector, identity, looks, motion
from assets.checkers.coded import coded
from assets.checkers.fitting import load, pixelwise, save, tell
from assets.checkers.patches import Picture, Scene, of_clip, scenes
from assets.checkers.things import sightings, spots_of
from assets.checkers.tracking import Steps, steps
from assets.checkers.tracks import joined
from assets.sandbox_corpus.lots import corner
from assets.starter.round_trip import through
from assets.world.actors import happened
from assets.world.draw import WorldOptions, draw
from assets.world.physics import simulate
from models.files import write_text
from models.recipes import demo
from models.starter import AUTOENCODER
from serving.media.resize import cover

SEED = 0
_HALF_WAY = Path("var/checkers")
_SCENES, _FIRST_SCENE = 300, 1_000
_GROUNDS = 160  # scenes that people are put before
_CLIPS, _FIRST_CLIP = 800, 110_000
_FROM_CLIP = 2  # frames of a clip, as rendered and coded each
_BURSTING = 8  # each so manieth clip has things that burst or are picked up, which are rare
_BURSTS = replace(clips.STILL, kinds=("bomb", "zombie", "coin", "robot", "star"), own_colours=0.5)
_HELD_OUT = 4  # each so manieth clip shows a combination that models never see in training, and their judges must know
_UNSEEN = replace(clips.STILL, split="unseen", people=0.0)
_DETECTOR_ROUNDS = (3000, 4000)  # steps; the second goes on from the first at half the rate, with new pictures
# The second looks at what the detector takes for things, in new clips, the others at that after the autoencoder too.
_LOOKS_ROUNDS = (6000, 3000, 3000, 5000)
_TAKEN, _FIRST_TAKEN = 1200, 112_000
_LATENTS = {2: range(114_000, 114_800), 3: range(115_000, 117_000)}  # clips by round
_LATENT_FPS, _LATENT_FRAMES, _LATENT_SIDE = 16, 32, 64
_TUMBLING = 2  # each so manieth of these has several things that turn
_TURNING = replace(
    clips.STILL, objects=(2, 3), motions=("throw left", "throw right", "spin", "bounce", "fall"), own_colours=0.5
)
_MOVING, _FIRST_MOVING = 4096, 160_000
_STILL, _FIRST_STILL = 360, 90_000
_TRACKED, _FIRST_TRACKED = 2400, 200_000
_PATHS, _FIRST_PATH = 2000, 130_000


def main() -> None:
    """Train the networks that are named - where none is, all that a broken run left - and write them to the package."""
    import torch

    torch.set_num_threads(1)  # one order of sums
    for name in sys.argv[1:]:
        if name not in NETWORKS:
            raise SystemExit(f"no network is called {name!r}: there are {', '.join(NETWORKS)}")
    marks = {name: _HALF_WAY / f"{name}.done" for name in NETWORKS}
    for name in sys.argv[1:] or [name for name, mark in marks.items() if not mark.exists()]:
        tell(f"{name}: begins")
        NETWORKS[name]()
        if not sys.argv[1:]:
            write_text(marks[name], "written\n")
    for mark in marks.values() if not sys.argv[1:] else ():
        mark.unlink()


@cache
def _backs() -> list[Scene]:
    return scenes(_SCENES, _FIRST_SCENE)


@cache
def _frames() -> list[Picture]:
    """Frames of whole clips."""
    found: list[Picture] = []
    for seed in range(_FIRST_CLIP, _FIRST_CLIP + _CLIPS):
        found += _frames_of(seed, _mixed(seed))
    return found


def _train_detector() -> None:
    """In rounds, each of which is kept when it is over until the last one is."""
    first = None
    kept = [_HALF_WAY / f"detector-{number}.done.safetensors" for number in range(len(_DETECTOR_ROUNDS))]
    for number, done in enumerate(kept):
        if not done.exists():
            half_way = _HALF_WAY / f"detector-{number}.safetensors"
            save(detector.train(_backs(), _frames(), _DETECTOR_ROUNDS[number], SEED + number, half_way, first), done)
        first = pixelwise(load(detector.network(), done))
    assert first is not None
    save(first, detector.WEIGHTS)
    for done in kept:
        done.unlink()


def _train_looks() -> None:
    """In rounds, as the detector; which must be trained before."""
    first = None
    kept = [_HALF_WAY / f"looks-{number}.done.safetensors" for number in range(len(_LOOKS_ROUNDS))]
    shown = (_frames, _taken, lambda: _taken() + _latent(2), lambda: _taken() + _latent(3))
    for number, done in enumerate(kept):
        if not done.exists():
            half_way = _HALF_WAY / f"looks-{number}.safetensors"
            save(looks.train(_backs(), shown[number](), _LOOKS_ROUNDS[number], SEED + number, half_way, first), done)
        first = pixelwise(load(looks.network(), done))
    assert first is not None
    save(first, looks.WEIGHTS)
    for done in kept:
        done.unlink()


@cache
def _taken() -> list[Picture]:
    """Frames of clips with what the trained detector takes for things."""
    seeds = range(_FIRST_TAKEN, _FIRST_TAKEN + _TAKEN)
    return [
        _seen(one) for seed in seeds for one in _frames_of(seed, _TURNING if seed % _TUMBLING == 0 else _mixed(seed))
    ]


def _latent(number: int) -> list[Picture]:
    """As ``_taken``, after the starter autoencoder, through which all that models make is seen."""
    from models.autoencoder import load_autoencoder

    autoencoder, found = load_autoencoder(AUTOENCODER), list[Picture]()
    for seed in _LATENTS[number]:
        options = replace(corner(demo().world, "train"), split=_mixed(seed).split) if seed % 2 else _mixed(seed)
        clip = clips.rendered(seed, options, _LATENT_FPS, _LATENT_FRAMES)
        small = cover(clip.frames, (_LATENT_SIDE, _LATENT_SIDE))
        frames = detector.resized(through(autoencoder, [small])[0])
        which = np.random.default_rng([SEED, seed]).permutation(_LATENT_FRAMES)[: 2 * _FROM_CLIP]
        found += [_seen(one) for one in of_clip(clip, frames, which.tolist())]
    return found


def _seen(one: Picture) -> Picture:
    maps = detector.look_at(detector.resized(one.pixels[None]))
    return replace(one, taken=tuple(spot[:3] for spot in spots_of(maps, 0)))


def _mixed(seed: int) -> WorldOptions:
    """What the clip of a seed may show: most the training split, some held-out combinations, some things that burst."""
    if seed % _HELD_OUT == 1:
        return _UNSEEN
    return _BURSTS if seed % _BURSTING == 0 else clips.STILL


def _frames_of(seed: int, options: WorldOptions) -> list[Picture]:
    """A few frames of a clip, as rendered and coded."""
    clip = clips.rendered(seed, options)
    rng = np.random.default_rng([SEED, seed])
    return [
        one
        for frames in (clip.frames, coded(clip.frames, clips.FPS))
        for one in of_clip(clip, frames, rng.permutation(clips.FRAMES)[:_FROM_CLIP].tolist())
    ]


def _train_belief() -> None:
    """From what the detector and the looks, both trained, find in clips."""
    found = []
    for seed in range(_FIRST_TRACKED, _FIRST_TRACKED + _TRACKED):
        clip = clips.rendered(seed, _mixed(seed))
        found += [(joined(sightings(frames)), clip.truth) for frames in (clip.frames, coded(clip.frames, clips.FPS))]
    belief.train(found, SEED).save(belief.WEIGHTS)


def _train_motion() -> None:
    """From paths alone, which need no rendering; rises and jumps are rare, so that some clips show little else."""
    aloft = replace(clips.STILL, motions=("rise", "jump"), people=0.0, meetings=0.0, objects=(1, 1))
    paths: list[tuple[motion.Way, float, motion.Floats, motion.Floats]] = []
    for seed in range(_FIRST_PATH, _FIRST_PATH + _PATHS):
        spec = draw(seed, aloft if seed % 5 == 0 else clips.STILL)
        done = simulate(spec, clips.SECONDS)
        x, y, _ = done.at(np.arange(clips.FRAMES) / clips.FPS)
        for index, thing in enumerate(spec.objects):
            does = motion.WAY_OF.get(happened(spec, done, index))
            if does and motion.seen_to(does, y[index]):
                paths.append((does, thing.extent, x[index], y[index]))
    motion.train(paths, SEED).save(motion.WEIGHTS)


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


def _train_identity() -> None:
    save(identity.train(scenes(_GROUNDS, _FIRST_SCENE), SEED), identity.WEIGHTS)


NETWORKS: dict[str, Callable[[], None]] = {
    "background": _train_background,
    "camera": _train_camera,
    "detector": _train_detector,
    "looks": _train_looks,
    "belief": _train_belief,
    "motion": _train_motion,
    "identity": _train_identity,
}

if __name__ == "__main__":
    main()
