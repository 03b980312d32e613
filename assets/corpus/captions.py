"""Exact captions: several wordings of what a scene shows, each naming background, object and motion."""

import numpy as np

from assets.corpus.scene import ClipSpec, Scene

MIDDLE = "in the middle"

_VERBS: dict[str, tuple[tuple[str, str], ...]] = {
    "left": (("moves left", "moving left"), ("slides to the left", "sliding to the left")),
    "right": (("moves right", "moving right"), ("slides to the right", "sliding to the right")),
    "up": (("moves up", "moving up"), ("rises to the top", "rising to the top")),
    "down": (("moves down", "moving down"), ("sinks to the bottom", "sinking to the bottom")),
    "bounces": (("bounces", "bouncing"), ("bounces up and down", "bouncing up and down")),
    "grows": (("grows", "growing"), ("gets bigger", "getting bigger")),
    "spins": (("spins", "spinning"), ("turns around", "turning around")),
    "still": (("stays still", "staying still"), ("does not move", "not moving")),
}
_SOUNDS: dict[str, tuple[str, ...]] = {
    "bounces": ("with a bouncing ping", "with a ping at every bounce"),
    "spins": ("with a ticking sound", "with soft ticks"),
    "grows": ("with a rising tone",),
    "up": ("with a rising tone",),
    "down": ("with a falling tone",),
    "left": ("with a falling tone",),
    "right": ("with a rising tone",),
    "still": ("with a soft hum",),
}


def captions(scene: Scene, *, moving: bool, heard: bool = False) -> tuple[str, ...]:
    """Every wording that is true of ``scene``. Args: ``moving`` names the motion, ``heard`` the sound."""
    place = f"{scene.background} background"
    plain = [
        wording
        for subject in _subjects(scene)
        for wording in (_moving(scene, subject, place) if moving else _resting(scene, subject, place))
    ]
    if not heard:
        return tuple(plain)
    return tuple(f"{wording} {tail}" for wording in plain for tail in _SOUNDS[scene.motion])


def choose(rng: np.random.Generator, wordings: tuple[str, ...]) -> str:
    """One wording."""
    return wordings[int(rng.integers(len(wordings)))]


def paraphrases(spec: ClipSpec) -> tuple[str, ...]:
    """All captions that are true of a clip; for an edit, its own instruction alone."""
    if spec.kind == "editing":
        return (spec.caption,)
    moving = spec.kind != "image"
    plain = captions(spec.scene, moving=moving)
    return plain + captions(spec.scene, moving=True, heard=True) if spec.kind == "sound" else plain


def _subjects(scene: Scene) -> tuple[str, ...]:
    figure = scene.figure
    if figure.identity is not None:
        return ("a person",)
    sized = f"a {figure.size} {figure.colour} {figure.shape}"
    return (sized,) if figure.size == "big" else (f"a {figure.colour} {figure.shape}", sized)


def _moving(scene: Scene, subject: str, place: str) -> list[str]:
    found = []
    for finite, participle in _VERBS[scene.motion]:
        found += [
            f"{subject} {finite} on a {place}",
            f"{subject} {participle} on a {place}",
            f"on a {place}, {subject} {finite}",
            f"{place}, {subject} {participle}",
        ]
    return found


def _resting(scene: Scene, subject: str, place: str) -> list[str]:
    where = _where(scene)
    told = [f"{subject} {where} of a {place}", f"{place}, {subject} {where}"]
    if where != MIDDLE:
        return told
    return [f"{subject} on a {place}", f"a {place} with {subject}", f"{place}, {subject}", *told]


def _where(scene: Scene) -> str:
    if scene.x < 1 / 3:
        return "on the left"
    return "on the right" if scene.x > 2 / 3 else MIDDLE
