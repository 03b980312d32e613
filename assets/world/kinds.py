"""The object kinds of the world: which files of the ``arcade`` wheel (CC0, Kenney) show each, and how it behaves."""

from dataclasses import dataclass
from typing import Literal

from assets.world.spec import Motion

Manner = Literal["walk", "hop", "crawl", "fly", "drive", "roll", "slide", "fixed", "bomb"]
Material = Literal["wood", "metal", "stone", "soft", "glass", "rubber", "paper", "plant"]

_TOSSED: tuple[Motion, ...] = ("fall", "bounce", "throw left", "throw right")
MOTIONS_OF: dict[Manner, tuple[Motion, ...]] = {
    "walk": ("still", "left", "right", "jump", "fall", "bounce"),
    "hop": ("still", "left", "right", "jump", "fall", "bounce"),
    "crawl": ("still", "left", "right", "fall", "bounce"),
    "fly": ("still", "left", "right", "rise", "spin"),
    "drive": ("still", "left", "right", "fall"),
    "roll": ("still", "left", "right", "spin", *_TOSSED),
    "slide": ("still", "left", "right", "spin", *_TOSSED),
    "fixed": ("still", "fall", "bounce"),
    "bomb": ("still", "explode", "explode", *_TOSSED),
}
PERSON = "person"


@dataclass(frozen=True)
class Kind:
    """A sort of thing.

    Attributes:
        name: The noun that captions use.
        files: Paths below the wheel's ``images`` folder: at rest first, then the poses of its gait.
        material: What it sounds like.
        manner: How it gets about, which decides what it can do.
        round: Whether physics takes it for a disc.
        airborne: The file that shows it in a jump, if there is one.
        collected: Whether a walker that touches it picks it up.
        faces: -1 where the drawing looks to the left, 1 where to the right, 0 where it does not matter.
        upright: Whether it keeps its feet down whatever hits it.
        noses_up: Whether its front is the drawing's upper edge, so that it turns to where it goes.
        dyeable: Whether it comes in colours; what is known by its colour (lava, a person) does not.
    """

    name: str
    files: tuple[str, ...]
    material: Material
    manner: Manner
    round: bool = False
    airborne: str | None = None
    collected: bool = False
    faces: int = 0
    upright: bool = False
    noses_up: bool = False
    dyeable: bool = True

    @property
    def motions(self) -> tuple[Motion, ...]:
        """What it can do."""
        return tuple(dict.fromkeys(MOTIONS_OF[self.manner]))


def _walker(name: str, folder: str, stem: str, material: Material = "soft", *, dyeable: bool = False) -> Kind:
    path = f"animated_characters/{folder}/{stem}_"
    gait = tuple(f"{path}walk{index}.png" for index in range(8))
    files = (f"{path}idle.png", *gait)
    return Kind(name, files, material, "walk", airborne=f"{path}jump.png", faces=1, upright=True, dyeable=dyeable)


def _creature(name: str, files: str, manner: Manner, faces: int = -1) -> Kind:
    return Kind(name, tuple(f"enemies/{file}.png" for file in files.split()), "soft", manner, faces=faces, upright=True)


def _tile(name: str, file: str, material: Material, manner: Manner = "slide") -> Kind:
    return Kind(name, (f"tiles/{file}.png",), material, manner, upright=manner == "fixed")


def _ground(name: str, file: str, material: Material, manner: Manner = "slide") -> Kind:
    return Kind(name, (f"tiles/{file}.png",), material, manner, upright=manner == "fixed", dyeable=False)


def _card(name: str, file: str) -> Kind:
    return Kind(name, (f"cards/card{file}.png",), "paper", "slide", dyeable=file.startswith("Back"))


def _item(name: str, file: str, material: Material, manner: Manner = "slide", *, disc: bool = False) -> Kind:
    return Kind(name, (f"items/{file}.png",), material, manner, round=disc, collected=True)


def _other(name: str, file: str, material: Material, manner: Manner, *, disc: bool = False, faces: int = 0) -> Kind:
    return Kind(
        name, (file,), material, manner, round=disc, faces=faces, upright=manner == "fly", noses_up=manner == "fly"
    )


_ALIEN = "alien/alienBlue_"
KINDS: tuple[Kind, ...] = (
    _walker("adventurer", "male_adventurer", "maleAdventurer"),
    _walker("explorer", "female_adventurer", "femaleAdventurer"),
    _walker("man", "male_person", "malePerson"),
    _walker("woman", "female_person", "femalePerson"),
    _walker("robot", "robot", "robot", "metal", dyeable=True),
    _walker("zombie", "zombie", "zombie"),
    Kind(
        "alien",
        (f"{_ALIEN}front.png", f"{_ALIEN}walk1.png", f"{_ALIEN}walk2.png"),
        "soft",
        "walk",
        airborne=f"{_ALIEN}jump.png",
        faces=1,
        upright=True,
    ),
    _creature("bee", "bee", "fly"),
    _creature("fly", "fly", "fly"),
    _creature("fish", "fishGreen", "fly"),
    _creature("frog", "frog", "hop"),
    _creature("ladybug", "ladybug", "crawl"),
    _creature("mouse", "mouse", "crawl"),
    _creature("worm", "wormGreen wormGreen_move", "crawl"),
    _creature("slime", "slimeBlue slimeBlue_move", "hop"),
    _creature("cube monster", "slimeBlock", "hop", faces=0),
    Kind("saw blade", ("enemies/saw.png",), "metal", "roll", round=True),
    _item("coin", "gold_1", "metal", "roll", disc=True),
    _item("gem", "gemBlue", "glass"),
    _item("key", "keyYellow", "metal"),
    _item("star", "star", "glass"),
    Kind("flag", ("items/flagRed1.png", "items/flagRed2.png"), "wood", "fixed", upright=True),
    Kind("ladder", ("items/ladderTop.png",), "wood", "slide"),
    Kind(
        "car",
        tuple(f"miami_synth_parallax/car/car-{pose}.png" for pose in ("idle", "running0", "running1", "running2")),
        "metal",
        "drive",
        faces=1,
        upright=True,
    ),
    _other("tank", "topdown_tanks/tank_green.png", "metal", "slide"),
    _other("armoured truck", "topdown_tanks/tankBody_huge_outline.png", "metal", "slide"),
    _other("spaceship", "space_shooter/playerShip1_blue.png", "metal", "fly"),
    _other("fighter", "space_shooter/playerShip2_orange.png", "metal", "fly"),
    _other("shuttle", "space_shooter/playerShip3_orange.png", "metal", "fly"),
    _other("meteor", "space_shooter/meteorGrey_big1.png", "stone", "roll", disc=True),
    _other("ball", "pinball/pool_cue_ball.png", "rubber", "roll", disc=True),
    _other("bumper", "pinball/bumper.png", "rubber", "roll", disc=True),
    _other("tree", "topdown_tanks/treeGreen_large.png", "plant", "fixed"),
    _card("ace card", "HeartsA"),
    _card("king card", "SpadesK"),
    _card("joker card", "Joker"),
    _card("patterned card", "Back_blue2"),
    _tile("bomb", "bomb", "metal", "bomb"),
    _tile("box", "boxCrate", "wood"),
    _tile("crate", "boxCrate_double", "wood"),
    _tile("brick", "brickBrown", "stone"),
    _tile("stone wall", "brickTextureWhite", "stone"),
    _tile("log pile", "bridgeA", "wood"),
    _tile("plank", "bridgeB", "wood"),
    _tile("bush", "bush", "plant", "fixed"),
    _tile("cactus", "cactus", "plant", "fixed"),
    _tile("door", "doorClosed_mid", "wood"),
    _tile("hatch", "doorClosed_top", "wood"),
    _ground("grass block", "grass", "stone"),
    _ground("dirt block", "dirt", "stone"),
    _ground("sand block", "sand", "stone"),
    _ground("snow block", "snow", "soft"),
    _ground("planet block", "planet", "stone"),
    _ground("ramp", "grassHill_right", "stone", "fixed"),
    _tile("grass tuft", "grass_sprout", "plant", "fixed"),
    _ground("lava block", "lava", "stone"),
    _ground("water block", "water", "glass"),
    _tile("lever", "leverLeft", "metal", "fixed"),
    _tile("lock", "lockYellow", "metal"),
    _tile("mushroom", "mushroomRed", "plant", "fixed"),
    _tile("plant", "plantPurple", "plant", "fixed"),
    _tile("rock", "rock", "stone"),
    _tile("exit sign", "signExit", "wood", "fixed"),
    _tile("arrow sign", "signRight", "wood", "fixed"),
    _tile("snow pile", "snow_pile", "soft", "fixed"),
    _tile("spikes", "spikes", "metal", "fixed"),
    _tile("button", "switchGreen", "metal", "fixed"),
    Kind("torch", ("tiles/torch1.png", "tiles/torch2.png"), "wood", "fixed", upright=True),
)
BY_NAME = {kind.name: kind for kind in KINDS}
