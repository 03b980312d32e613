"""Scenes and clip specifications: everything that a clip shows and sounds, as small frozen values."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from models.recipes import Split

Kind = Literal["image", "video", "sound", "personalization", "editing"]


KINDS: tuple[Kind, ...] = ("image", "video", "sound", "personalization", "editing")
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
SIZES = ("small", "big")
MOTIONS = ("left", "right", "up", "down", "bounces", "grows", "spins", "still")


@dataclass(frozen=True)
class Identity:
    """What makes one person recognisable; captions never name it.

    Attributes:
        skin: Index of a skin tone.
        hair, shirt: Colour names.
        pattern: ``plain``, ``stripes`` or ``dots`` on the shirt, in ``trim`` colour.
        long_hair: Whether the hair falls beside the face.
    """

    skin: int
    hair: str
    shirt: str
    trim: str
    pattern: str
    long_hair: bool


@dataclass(frozen=True)
class Figure:
    """The one object of a scene: a shape, or a person when ``identity`` is given.

    Attributes:
        radius: Half the extent, as a share of the frame's short side.
        tilt: Rotation at rest in radians, clockwise.
    """

    shape: str
    colour: str
    size: str
    radius: float
    tilt: float = 0.0
    identity: Identity | None = None


@dataclass(frozen=True)
class Scene:
    """One figure that moves before a plain background.

    Attributes:
        background: Colour name.
        shade: Lightness change from top to bottom, as a share (the named colour dominates).
        motion: One of ``MOTIONS``.
        x, y: Place in 0 to 1 of the room that the figure has (so any frame size works); the start, where it moves.
        turns: Bounces or turns in ``seconds``.
        seconds: Time of one whole motion.
    """

    background: str
    shade: float
    figure: Figure
    motion: str
    x: float
    y: float
    turns: int
    seconds: float


@dataclass(frozen=True)
class Event:
    """Something that is heard at an exact time. ``seconds`` lies on the 48 kHz sample grid."""

    seconds: float
    kind: str


@dataclass(frozen=True)
class ClipSpec:
    """A clip of the corpus, fully specified: the same specification always gives the same pixels and samples.

    Attributes:
        caption: The exact caption; for ``editing`` the instruction.
        scene: What the clip shows.
        events: What is heard in ``scene.seconds``.
        before: For ``editing``, the scene that the instruction changes into ``scene``.
        reference: For ``personalization``, a still scene with the same identity in another pose.
    """

    kind: Kind
    split: Split
    seed: int
    caption: str
    scene: Scene
    events: tuple[Event, ...] = ()
    before: Scene | None = None
    reference: Scene | None = None

    def as_json(self) -> dict[str, Any]:
        """The specification as a JSON value."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ClipSpec":
        """The specification that ``as_json`` wrote."""
        return cls(
            kind=value["kind"],
            split=value["split"],
            seed=value["seed"],
            caption=value["caption"],
            scene=_scene(value["scene"]),
            events=tuple(Event(**event) for event in value["events"]),
            before=_scene(value["before"]) if value["before"] else None,
            reference=_scene(value["reference"]) if value["reference"] else None,
        )


def _scene(value: dict[str, Any]) -> Scene:
    figure = dict(value["figure"])
    identity = figure.pop("identity")
    return Scene(**{**value, "figure": Figure(**figure, identity=Identity(**identity) if identity else None)})
