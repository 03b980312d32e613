"""Specifications of the sandbox world: all that a clip shows and sounds, as small frozen values.

Lengths are in units of the frame's short side, x to the right and y downward from the frame's centre, so that one
specification serves every size and aspect ratio. Times are in seconds.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Split = Literal["train", "validation", "unseen"]
Motion = Literal[
    "still", "left", "right", "rise", "fall", "bounce", "jump", "spin", "throw left", "throw right", "explode"
]
CameraClass = Literal[
    "zoom in",
    "zoom out",
    "push in",
    "pull out",
    "pan right",
    "pan left",
    "truck right",
    "truck left",
    "tilt up",
    "tilt down",
    "pedestal up",
    "pedestal down",
    "arc",
    "tracking",
    "static",
    "handheld",
]
BackgroundKind = Literal["plain", "gradient", "layered"]
Size = Literal["small", "medium", "big"]

SPLITS: tuple[Split, ...] = get_args(Split)
MOTIONS: tuple[Motion, ...] = get_args(Motion)
CAMERAS: tuple[CameraClass, ...] = get_args(CameraClass)
BACKGROUNDS: tuple[BackgroundKind, ...] = get_args(BackgroundKind)
SIZES: tuple[Size, ...] = get_args(Size)

FLOOR = 0.34  # height of the ground that things stand on
HORIZON = 60.0  # longest clip in seconds: physics runs once over the whole of it


class InvalidSpec(ValueError):
    """A specification or options that no clip can follow; the message says which field and what is allowed."""


@dataclass(frozen=True)
class ObjectSpec:
    """One thing of a scene.

    Attributes:
        kind: Name in the sprite library (``assets/world/kinds.py``, or a file of the user's folder).
        colour: Named colour that it is dyed in; None leaves its own colours.
        size: Word for its extent.
        extent: Longest side, in short sides of the frame.
        x, y: Centre at time 0; things that stand have ``y`` on the floor by their own height, whatever is given.
        speed: Magnitude of its motion, in short sides a second (turns a second for ``spin``).
        motion: What it does.
        material: What it sounds like when it hits something.
        starts: When a jump, throw, fall or explosion begins.
        lane: Things of one lane collide with each other; all collide with the floor.
        identity: Number of a person (``assets/world/identities.py``); then ``kind`` is ``person``.
    """

    kind: str
    colour: str | None
    size: Size
    extent: float
    x: float
    y: float
    speed: float
    motion: Motion
    material: str
    starts: float = 0.0
    lane: int = 0
    identity: int | None = None


@dataclass(frozen=True)
class BackgroundSpec:
    """What is behind.

    Attributes:
        kind: ``plain`` (one colour), ``gradient`` (two) or ``layered`` (a backdrop with a depth for each layer).
        colours: Named colours of a plain or gradient ground; empty for a layered one.
        theme: Name of a layered backdrop (``assets/world/backdrops.py``).
        variant: Which of the theme's drawings.
        offset: How far the layers are shifted along their period, 0 to 1.
    """

    kind: BackgroundKind
    colours: tuple[str, ...] = ()
    theme: str | None = None
    variant: int = 0
    offset: float = 0.0


@dataclass(frozen=True)
class CameraSpec:
    """How the camera moves: one of sixteen classes, and ``strength`` (0 to 1) of its full travel."""

    kind: CameraClass = "static"
    strength: float = 1.0


@dataclass(frozen=True)
class WorldSpec:
    """A clip of the sandbox world, fully specified: the same specification always gives the same clip.

    Attributes:
        seed: Where it was drawn from; also chooses wordings, noises and the handheld camera's path.
        split: ``train``, ``validation`` (new seeds, new identities) or ``unseen`` (held-out combinations too).
        seconds: Time of the whole action; camera moves last as long. A longer rendering goes on after it.
        objects: The first stands in front of the others; a tracking camera follows it.
        style: ``natural``, ``greyscale``, ``sepia`` or ``night``: a look laid over the whole picture.
        text: Words written over the picture, or None.
        sprites: Folder with the user's own PNGs, or None.
    """

    seed: int
    split: Split
    seconds: float
    objects: tuple[ObjectSpec, ...]
    background: BackgroundSpec
    camera: CameraSpec = CameraSpec()
    style: str = "natural"
    text: str | None = None
    sprites: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.seconds <= HORIZON:
            raise InvalidSpec(f"seconds is {self.seconds}: a clip lasts more than 0 and at most {HORIZON:g} s")
        if self.camera.kind != "static" and self.background.kind != "layered":
            raise InvalidSpec(f"camera {self.camera.kind!r} cannot be seen before a {self.background.kind} background")

    @property
    def identity(self) -> int | None:
        """The first person's number, or None where there is nobody."""
        return next((thing.identity for thing in self.objects if thing.identity is not None), None)

    def as_json(self) -> dict[str, Any]:
        """The specification as a JSON value."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "WorldSpec":
        """The specification that ``as_json`` wrote."""
        background = value["background"]
        return cls(
            **{
                **value,
                "objects": tuple(ObjectSpec(**thing) for thing in value["objects"]),
                "background": BackgroundSpec(**{**background, "colours": tuple(background["colours"])}),
                "camera": CameraSpec(**value["camera"]),
            }
        )
