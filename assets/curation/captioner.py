"""Captions: what a clip shows, in words. A captioner says only what it knows, and how sure it is."""

import re
import textwrap
import unicodedata
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Protocol

CAMERA_CONFIDENCE = 0.9  # from which on a camera class goes before the caption: a wrong one would teach the wrong word


@dataclass(frozen=True)
class Caption:
    """A clip's description, the confidence in it (0..1, ``None`` where its writer gives none), and who wrote it."""

    text: str
    confidence: float | None
    captioner: str


class Captioner(Protocol):
    """Describes clips."""

    name: str

    def caption(self, clip: dict[str, Any], footage: dict[str, Any]) -> Caption:
        """The caption of a row of ``curated.jsonl``, cut from a row of ``footage.jsonl``."""
        ...


class TemplateCaptioner:
    """Puts measured signals into a sentence: colours, brightness, movement; and the words of the file's name.

    It recognises nothing. The confidence falls with what the sentence lacks: words from a name, a clear colour, a
    steady direction; it never passes 0.6, because no one looked at the picture.
    """

    name = "template-1"

    def caption(self, clip: dict[str, Any], footage: dict[str, Any]) -> Caption:
        """See ``Captioner``."""
        signals = clip["signals"]
        subject = name_words(footage["name"])
        colours = [name for name, share in signals["colours"] if share >= 0.15][:2]
        direction = _direction(signals)
        about = subject or "a scene"
        of = f" in {' and '.join(colours)}" if colours else ""
        text = (
            f"A {_brightness(signals['brightness'])} video of {about}{of}, {_movement(signals['motion'])}{direction}."
        )
        confidence = 0.2 + 0.2 * bool(subject) + 0.1 * bool(colours) + 0.1 * bool(direction)
        return Caption(text, round(confidence, 2), self.name)


_CAMERA_FILE = re.compile(r"[A-Z0-9_]{4}[0-9]{4}")  # of the standard of cameras (DCF): GX010023, DSC_0001
_RECORDED = re.compile(r"whatsapp|screen[\W_]*recording|(?<=\d)\s+at\s+(?=\d)", re.IGNORECASE)
_NOT_WORDS = frozenset(
    (
        *("img", "vid", "mov", "dsc", "dscn", "dscf", "mvi", "pxl", "dji", "gopr", "gx", "gh", "gp", "wa"),
        *("clip", "video", "movie", "footage", "final", "copy", "edit", "export"),
        *("cc", "by", "sa", "mp", "hd", "uhd", "fps"),
    )
)
_LONGEST = 60  # letters of a name's words


def with_camera(text: str, signals: dict[str, Any]) -> str:
    """A caption with the camera's movement before it, where that is known well (Movie Gen 3.2.1).

    Reads the signal ``camera``, ``{"class", "confidence"}``; without it the caption stays as it is.
    """
    camera = signals.get("camera")
    if not camera or camera["confidence"] < CAMERA_CONFIDENCE:
        return text
    said = str(camera["class"]).replace("_", " ").replace("-", " ")
    return f"{said.capitalize()}. {text}"


def name_words(name: str) -> str:
    """The words of a file's name, in small letters: ``big_BuckBunny-01.mp4`` -> ``big buck bunny``.

    Words of any script; none of a name that a camera gave.
    """
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem)
    if _CAMERA_FILE.fullmatch(stem):
        return ""
    words = [word.lower() for word in _spaced(_RECORDED.sub(" ", stem)).split() if len(word) > 1]
    return textwrap.shorten(" ".join(word for word in words if word not in _NOT_WORDS), _LONGEST, placeholder="")


def _spaced(name: str) -> str:
    """A name with spaces for all but letters and their marks, and before a capital that follows a small letter."""
    spaced = ""
    for before, letter in pairwise(f" {name}"):
        is_letter = unicodedata.category(letter)[0] in "LM"
        spaced += (" " if before.islower() and letter.isupper() else "") + (letter if is_letter else " ")
    return spaced


def _brightness(value: float) -> str:
    if value < 0.15:
        return "dark"
    return "dim" if value < 0.35 else "bright" if value > 0.65 else "clear"


def _movement(motion: float) -> str:
    """In words, by mean change of brightness in percent."""
    if motion < 0.5:
        return "hardly moving"
    return "moving slowly" if motion < 2 else "moving" if motion < 5 else "moving fast"


def _direction(signals: dict[str, Any]) -> str:
    """Where the whole picture goes, if it clearly goes one way."""
    right, down = signals["shift"]
    if signals["steadiness"] < 0.6 or max(abs(right), abs(down)) < 0.01:
        return ""
    if abs(right) >= abs(down):
        return " to the right" if right > 0 else " to the left"
    return " downwards" if down > 0 else " upwards"
