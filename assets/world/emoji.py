"""More kinds of things: drawings of the npm package ``@iconify-json/fluent-emoji-flat`` (MIT, Microsoft) as PNGs.

They make a sprite folder (``WorldOptions.sprites``), each file named after what it shows.
"""

import json
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.files import write_bytes, write_json

PACKAGE = "@iconify-json/fluent-emoji-flat"
VERSION = "1.2.6"
SIDE = 256  # pixels: more than a thing takes in a 512 pixel clip
RIGHTS = "rights.json"  # beside the PNGs; ``assets.world.write`` reads it
_SECONDS = 120  # to fetch the package in
_ICONS = "package/icons.json"


class EmojiUnavailable(RuntimeError):
    """The drawings cannot be had or drawn; the message says what to install."""


class UnknownEmoji(LookupError):
    """A name that the package does not have; the message lists near ones."""


@dataclass(frozen=True, eq=False)
class IconSet:
    """Drawings by name: ``icons[name]["body"]`` is the inside of an SVG of ``width`` x ``height``."""

    icons: dict[str, dict[str, Any]]
    width: int
    height: int

    def svg(self, name: str) -> str:
        """The drawing as an SVG document.

        Raises:
            UnknownEmoji: The set has no such name.
        """
        key = name.strip().lower().replace(" ", "-").replace("_", "-")
        if key not in self.icons:
            near = sorted(other for other in self.icons if key in other or other in key)[:8]
            hint = f"; there are: {', '.join(near)}" if near else ": see icones.js.org for the names"
            raise UnknownEmoji(f"{PACKAGE} has no drawing called {name!r}{hint}")
        icon = self.icons[key]
        width, height = icon.get("width", self.width), icon.get("height", self.height)
        box = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{icon["body"]}</svg>'


def fetch() -> IconSet:
    """The set, from the npm registry.

    Raises:
        EmojiUnavailable: npm is not installed, or cannot get the package.
    """
    with tempfile.TemporaryDirectory(prefix="cinemill-emoji-") as folder:
        command = ["npm", "pack", f"{PACKAGE}@{VERSION}", "--silent", "--pack-destination", folder]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS)
        except FileNotFoundError as error:
            raise EmojiUnavailable("npm is not installed: install Node.js, or make a folder of PNGs by hand") from error
        except subprocess.CalledProcessError as error:
            why = error.stderr.strip() or f"exit code {error.returncode}"
            raise EmojiUnavailable(f"npm cannot get {PACKAGE}@{VERSION}: {why}") from error
        except subprocess.TimeoutExpired as error:
            raise EmojiUnavailable(f"npm got no {PACKAGE}@{VERSION} in {_SECONDS} s: is there a network?") from error
        packages = list(Path(folder).glob("*.tgz"))
        if len(packages) != 1:
            raise EmojiUnavailable(f"npm pack {PACKAGE}@{VERSION} left {len(packages)} packages in place of one")
        return read(packages[0])


def read(package: Path) -> IconSet:
    """The set of a downloaded package.

    Raises:
        EmojiUnavailable: It is no such package.
    """
    try:
        with tarfile.open(package) as archive:
            held = archive.extractfile(_ICONS)
            value = json.load(held) if held is not None else None
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise EmojiUnavailable(f"{package} holds no readable {_ICONS}: {error}") from error
    if not isinstance(value, dict) or "icons" not in value:
        raise EmojiUnavailable(f"{_ICONS} of {package} is no icon set")
    return IconSet(value["icons"], value.get("width", 16), value.get("height", 16))


def write_sprites(folder: Path, names: Sequence[str], icons: IconSet) -> list[Path]:
    """Write ``<name>.png`` for each name and whose they are; nothing is written unless all names are known.

    Raises:
        EmojiUnavailable: The renderer is not installed.
        UnknownEmoji: One of the names is not in the set.
    """
    try:
        import resvg_py
    except ImportError as error:
        raise EmojiUnavailable("drawing SVG needs resvg: pip install -c constraints.txt -e '.[emoji]'") from error
    drawings = {name.strip().replace(" ", "_").replace("-", "_"): icons.svg(name) for name in names}
    paths = []
    for name, svg in drawings.items():
        paths.append(folder / f"{name}.png")
        write_bytes(paths[-1], bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE)))
    write_json(folder / RIGHTS, {"licence": "MIT", "attribution": f"Fluent Emoji by Microsoft, from {PACKAGE}"})
    return paths
