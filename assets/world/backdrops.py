"""Backdrops: layered scenes by name, each layer at its own depth, the ground and the things at 1."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.world import scenery
from assets.world.colours import RGB
from assets.world.forms import Form
from assets.world.scenery import Pane, Picture, RGBTuple
from assets.world.spec import FLOOR, BackgroundSpec, InvalidSpec

SKY = 50.0  # depth of what is so far that only turning and zooming move it
FRONT = 0.6
VARIANTS = 6
_KEPT_BYTES = 256 << 20
_LEDGE = 0.46  # height at which things before the action stand


@dataclass(frozen=True, eq=False)
class Layer:
    """One flat layer of a scene.

    Attributes:
        depth: Distance from the camera at rest; the objects' is 1.
        texture: uint8 [H, W, 4], premultiplied, ``pixels`` to the short side; its columns repeat.
        top: Height of its first row.
        pixels: Texture pixels to a short side.
        opaque: Whether it covers everything behind it.
    """

    depth: float
    texture: NDArray[np.uint8]
    top: float
    pixels: int
    opaque: bool = False


Paint = Callable[[int, np.random.Generator], list[Layer]]


@dataclass(frozen=True)
class Theme:
    """A named backdrop.

    Attributes:
        phrase: How captions say where one is.
        colours: Named colours that fill so much of it that a thing dyed so would be lost.
        ambience: What is heard there (``assets/world/synthesis.py``).
        paint: Draws the layers, back to front, at so many pixels to the short side.
    """

    phrase: str
    colours: tuple[str, ...]
    ambience: str
    paint: Paint


def layers(background: BackgroundSpec, pixels: int) -> tuple[Layer, ...]:
    """The layers of a background, back to front, those before the action last (depth below 1).

    Raises:
        InvalidSpec: The theme is unknown.
    """
    if background.kind == "layered":
        if background.theme not in THEMES:
            raise InvalidSpec(f"no backdrop is called {background.theme!r}; there are: {', '.join(THEMES)}")
        return _themed(background.theme, background.variant, pixels)
    return _painted(background.colours, pixels)


_kept: OrderedDict[tuple[str, int, int], tuple[Layer, ...]] = OrderedDict()


def _themed(theme: str, variant: int, pixels: int) -> tuple[Layer, ...]:
    """A backdrop's layers; those used last are kept, up to ``_KEPT_BYTES``."""
    key = theme, variant, pixels
    if key not in _kept:
        rng = np.random.default_rng([variant, list(THEMES).index(theme)])
        _kept[key] = tuple(THEMES[theme].paint(pixels, rng))
        while len(_kept) > 1 and sum(layer.texture.nbytes for scene in _kept.values() for layer in scene) > _KEPT_BYTES:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]


@lru_cache(maxsize=64)
def _painted(colours: tuple[str, ...], pixels: int) -> tuple[Layer, ...]:
    """A plain or graded ground, the floor a little darker so that one sees what things stand on."""
    upper, lower = RGB[colours[0]], RGB[colours[-1]]
    wall = scenery.gradient(Pane(pixels), ((-0.5, upper), (0.5, lower)))
    floor = np.zeros((*Pane(pixels, FLOOR).size, 4), np.uint8)
    floor[..., 3] = 26
    if max(upper + lower) < 64:  # black cannot darken
        floor[...] = 26
    return _sky(wall, pixels), Layer(1.0, floor, FLOOR, pixels)


def _pane(pixels: int, top: float) -> Pane:
    return Pane(pixels, top, scenery.BEHIND)


def _sky(texture: Picture, pixels: int) -> Layer:
    return Layer(SKY, texture, scenery.TOP, pixels, opaque=True)


def _ground(pixels: int, tile: str, below: str | None = None) -> Layer:
    pane = Pane(pixels, FLOOR)
    return Layer(
        1.0, scenery.tiled(pane, f"tiles/{tile}Mid.png", f"tiles/{below or tile}Center.png", 14), FLOOR, pixels
    )


def _front(pixels: int, rng: np.random.Generator, tile: str, form: Form, rgb: RGBTuple, size: float = 0.24) -> Layer:
    """What stands before the action: a ledge below the frame's lower edge and a few dark shapes on it."""
    pane = Pane(pixels, -0.3)
    things = scenery.scattered(pane, rng, form, rgb, 3, size, _LEDGE)
    ledge = scenery.tiled(Pane(pixels, _LEDGE), f"tiles/{tile}Mid.png", f"tiles/{tile}Center.png", 10)
    ledge[..., :3] = (ledge[..., :3] * 0.72).astype(np.uint8)
    whole = np.zeros_like(things)
    rows = min(len(ledge), len(whole))
    whole[-rows:] = ledge[-rows:]
    return Layer(FRONT, scenery.over(things, whole), -0.3, pixels)


def _middle(depth: float, pixels: int, texture: Picture, top: float) -> Layer:
    return Layer(depth, texture, top, pixels)


def _row(pixels: int, rng: np.random.Generator, form: Form, rgb: RGBTuple, count: int, size: float) -> Layer:
    """Shapes not far behind the action."""
    return Layer(1.8, scenery.scattered(_pane(pixels, -0.3), rng, form, rgb, count, size, 0.37), -0.3, pixels)


def _tint(rng: np.random.Generator, rgb: RGBTuple, spread: int = 18) -> RGBTuple:
    red, green, blue = (int(np.clip(c + rng.integers(-spread, spread + 1), 0, 255)) for c in rgb)
    return red, green, blue


def _hills(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (96, 170, 236))), (0.3, (206, 234, 250))))
    far, near = _pane(p, -0.3), _pane(p, -0.15)
    return [
        _sky(sky, p),
        _middle(20, p, scenery.clouds(Pane(p, -0.6, 0.1), rng, (255, 255, 255), 5), -0.6),
        _middle(6, p, scenery.hills(far, rng, _tint(rng, (122, 176, 148)), 0.22, 0.3), -0.3),
        _middle(3, p, scenery.hills(near, rng, _tint(rng, (92, 158, 92)), 0.3, 0.2), -0.15),
        _row(p, rng, "crown", _tint(rng, (66, 128, 74)), 5, 0.34),
        _ground(p, "grass"),
        _front(p, rng, "grass", "blades", (38, 84, 44)),
    ]


def _desert(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (238, 186, 120))), (0.3, (252, 236, 204))))
    sun = scenery.disc(Pane(p), (255, 246, 214), (float(rng.uniform(0.3, 0.7)), -0.25), 0.09)
    return [
        _sky(scenery.over(sky, sun), p),
        _middle(7, p, scenery.hills(_pane(p, -0.3), rng, _tint(rng, (206, 150, 106)), 0.25, 0.24), -0.3),
        _middle(3, p, scenery.hills(_pane(p, -0.1), rng, _tint(rng, (224, 176, 118)), 0.32, 0.14), -0.1),
        _row(p, rng, "spire", _tint(rng, (186, 124, 84)), 4, 0.26),
        _ground(p, "sand"),
        _front(p, rng, "sand", "spire", (128, 78, 48)),
    ]


def _snow(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (140, 178, 214))), (0.3, (228, 238, 246))))
    return [
        _sky(sky, p),
        _middle(10, p, scenery.hills(_pane(p, -0.45), rng, _tint(rng, (118, 138, 168)), 0.3, 0.5, jagged=True), -0.45),
        _middle(3, p, scenery.hills(_pane(p, -0.1), rng, _tint(rng, (190, 208, 224)), 0.32, 0.2), -0.1),
        _row(p, rng, "fir", _tint(rng, (92, 126, 138)), 5, 0.3),
        _ground(p, "snow"),
        _front(p, rng, "snow", "fir", (52, 78, 96)),
    ]


def _planet(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (26, 16, 54))), (0.35, _tint(rng, (112, 62, 132)))))
    stars = scenery.stars(Pane(p), rng, 240, 0.009)
    moon = scenery.disc(Pane(p), _tint(rng, (232, 196, 160)), (float(rng.uniform(0.3, 0.7)), -0.22), 0.13)
    return [
        _sky(scenery.over(sky, stars, moon), p),
        _middle(8, p, scenery.hills(_pane(p, -0.3), rng, _tint(rng, (84, 52, 112)), 0.25, 0.26), -0.3),
        _middle(3, p, scenery.hills(_pane(p, -0.1), rng, _tint(rng, (58, 38, 92)), 0.32, 0.18), -0.1),
        _row(p, rng, "spire", _tint(rng, (96, 60, 130)), 5, 0.26),
        _ground(p, "planet"),
        _front(p, rng, "planet", "blades", (58, 32, 84)),
    ]


def _night_city(p: int, rng: np.random.Generator) -> list[Layer]:
    folder = "cybercity_background"
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (4, 22, 38), 4)), (0.3, (10, 56, 78))))
    far = scenery.picture(_pane(p, -0.55), f"{folder}/far-buildings.png", -0.5, 0.9, 2)
    street = scenery.picture(_pane(p, -0.5), f"{folder}/foreground.png", -0.42, 0.78, 2)
    glow = _tint(rng, (240, 170, 80), 14)
    return [
        _sky(sky, p),
        _middle(12, p, far, -0.55),
        _middle(5, p, scenery.skyline(_pane(p, -0.4), rng, (58, 34, 74), glow, 0.3, 0.5), -0.4),
        _middle(2.2, p, street, -0.5),
        _ground(p, "stone"),
        _front(p, rng, "stone", "post", (34, 30, 40)),
    ]


def _beach(p: int, rng: np.random.Generator) -> list[Layer]:
    folder = "miami_synth_parallax/layers"
    back = scenery.picture(Pane(p), f"{folder}/back.png", -0.75, 1.3, 2)
    top = int(np.argmax(back[:, 0, 3] > 0))
    back[:top] = back[top : top + 1]
    sun = scenery.disc(Pane(p), _tint(rng, (252, 82, 112)), (float(rng.uniform(0.3, 0.7)), -0.28), 0.12)
    return [
        _sky(scenery.over(back, sun), p),
        _middle(6, p, scenery.picture(_pane(p, -0.8), f"{folder}/buildings.png", -0.62, 1.3, 2), -0.8),
        _middle(2.2, p, scenery.picture(_pane(p, -0.8), f"{folder}/palms.png", -0.62, 1.3, 2), -0.8),
        _ground(p, "planet"),
        _front(p, rng, "planet", "blades", (24, 30, 62)),
    ]


def _space(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (10, 12, 30), 6)), (0.4, _tint(rng, (28, 30, 66), 10))))
    return [
        _sky(scenery.over(sky, scenery.stars(Pane(p), rng, 300, 0.007)), p),
        _middle(8, p, scenery.stars(Pane(p), rng, 110, 0.012), scenery.TOP),
        _middle(4, p, scenery.floating(_pane(p, -0.6), rng, _tint(rng, (108, 92, 132)), 5, 0.14, (-0.35, 0.1)), -0.6),
        _middle(2, p, scenery.floating(_pane(p, -0.7), rng, _tint(rng, (84, 108, 128)), 3, 0.24, (-0.3, 0.2)), -0.7),
        _ground(p, "stone"),
        _front(p, rng, "stone", "mound", (44, 46, 62)),
    ]


def _hall(p: int, rng: np.random.Generator) -> list[Layer]:
    tone = float(rng.uniform(0.4, 0.62))
    wall = scenery.tiled(Pane(p), "tiles/brickGrey.png", "tiles/brickGrey.png", 12)
    wall[..., :3] = (wall[..., :3] * np.array([tone, tone * 0.96, tone * rng.uniform(0.85, 1.1)])).astype(np.uint8)
    wall = scenery.over(scenery.gradient(Pane(p), ((0.0, (70, 70, 74)),)), wall)  # mortar
    doors = scenery.scattered(_pane(p, -0.4), rng, "arch", _tint(rng, (52, 46, 52)), 4, 0.46, 0.36)
    lamps = scenery.scattered(_pane(p, -0.6), rng, "lamp", _tint(rng, (214, 158, 84)), 5, 0.22, 0.02)
    return [
        Layer(4.0, wall, scenery.TOP, p, opaque=True),
        _middle(2.6, p, doors, -0.4),
        _middle(1.8, p, lamps, -0.6),
        _ground(p, "stone"),
        _front(p, rng, "stone", "post", (40, 40, 48)),
    ]


def _coast(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (92, 74, 146))), (0.0, (250, 150, 104)), (0.2, (255, 214, 142))))
    sun = scenery.disc(Pane(p), (255, 240, 190), (float(rng.uniform(0.3, 0.7)), 0.06), 0.11)
    sea = scenery.tiled(_pane(p, 0.14), "tiles/water.png", "tiles/water.png", 10)
    sea[..., :3] = (sea[..., :3] * np.array([0.75, 0.72, 0.86])).astype(np.uint8)
    return [
        _sky(scenery.over(sky, sun), p),
        _middle(16, p, scenery.clouds(Pane(p, -0.6, 0.1), rng, (255, 206, 170), 4), -0.6),
        _middle(7, p, scenery.hills(_pane(p, -0.2), rng, _tint(rng, (122, 84, 128)), 0.2, 0.16), -0.2),
        _middle(3, p, sea, 0.14),
        _row(p, rng, "mound", _tint(rng, (110, 92, 108)), 4, 0.24),
        _ground(p, "sand"),
        _front(p, rng, "sand", "mound", (92, 66, 70)),
    ]


def _day_city(p: int, rng: np.random.Generator) -> list[Layer]:
    sky = scenery.gradient(Pane(p), ((-0.6, _tint(rng, (112, 178, 226))), (0.3, (236, 240, 240))))
    far, near = _tint(rng, (172, 188, 206)), _tint(rng, (140, 146, 162))
    return [
        _sky(sky, p),
        _middle(20, p, scenery.clouds(Pane(p, -0.6, 0.1), rng, (255, 255, 255), 4), -0.6),
        _middle(9, p, scenery.skyline(_pane(p, -0.5), rng, far, (222, 232, 240), 0.3, 0.72), -0.5),
        _middle(4, p, scenery.skyline(_pane(p, -0.35), rng, near, (238, 226, 178), 0.32, 0.52), -0.35),
        _row(p, rng, "crown", _tint(rng, (104, 132, 92)), 4, 0.32),
        _ground(p, "dirt"),
        _front(p, rng, "dirt", "lamp", (60, 64, 72)),
    ]


THEMES: dict[str, Theme] = {
    "green hills": Theme("in green hills", ("green",), "birds", _hills),
    "desert": Theme("in a desert", ("orange", "yellow"), "wind", _desert),
    "snowy mountains": Theme("in snowy mountains", ("white",), "wind", _snow),
    "strange planet": Theme("on a strange planet", ("purple",), "drone", _planet),
    "city at night": Theme("in a city at night", ("black",), "traffic", _night_city),
    "neon beach": Theme("at a neon beach", ("purple", "blue"), "waves", _beach),
    "outer space": Theme("in outer space", ("black",), "drone", _space),
    "stone hall": Theme("in a stone hall", ("black",), "fire", _hall),
    "sunset coast": Theme("on a coast at sunset", ("orange", "yellow"), "waves", _coast),
    "city by day": Theme("in a city by day", ("white",), "traffic", _day_city),
}
