"""The captioner of the sandbox world: the words of that world which fit a clip best, by the joint embedding.

It knows the world's kinds, colours, motions, places and cameras, and nothing else: of other footage it says what of
these comes nearest, with little confidence.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.checkers.contrastive.scenes import places
from assets.checkers.contrastive.statements import Statement
from assets.checkers.vocabulary import DYES, KINDS
from assets.curation.captioner import Caption
from assets.curation.loading import load_clip
from assets.world.colours import COLOURS
from assets.world.kinds import BY_NAME, MOTIONS_OF
from assets.world.spec import CAMERAS
from models.contrastive.config import FRAMES, SIDE

_KINDS = 6  # that are looked at in every colour
_WORDING = 0  # seed


class SandboxCaptioner:
    """Composes a short caption word by word, each the one that brings text and clip nearest together."""

    name = "sandbox-1"

    def __init__(self) -> None:
        self._known: dict[str, NDArray[np.float32]] = {}

    def caption(self, clip: dict[str, Any], footage: dict[str, Any]) -> Caption:
        """See ``Captioner``. Raises ClipUnreadable."""
        seconds = clip["end"] - clip["start"]
        frames = load_clip(clip | {"path": footage["path"]}, 2 * SIDE, 2 * SIDE, FRAMES, FRAMES / max(seconds, 1e-3))
        said, confidence = self.described(frames)
        text = _worded(said)
        return Caption(f"{text[0].upper()}{text[1:]}", round(confidence, 2), self.name)

    def described(self, frames: NDArray[np.uint8]) -> tuple[Statement, float]:
        """The statement that fits frames uint8 [F, H, W, 3] best, and the probability that it fits."""
        from models.contrastive.embedder import packaged_embedder

        embedder = packaged_embedder()
        seen = embedder.clips([frames])[0]
        kinds = self._ranked(seen, [Statement(kind=kind) for kind in KINDS])[:_KINDS]
        coloured = [replace(kind, colour=colour) for kind in kinds for colour in (None, *DYES)]
        said = self._ranked(seen, coloured)[0]
        manner = BY_NAME[said.kind].manner if said.kind in BY_NAME else "walk"
        if len(frames) > 1:
            motions = list(dict.fromkeys(MOTIONS_OF[manner]))
            said = self._ranked(seen, [replace(said, motion=motion) for motion in motions])[0]
        place = self._ranked(seen, [Statement(place=place) for place in (*places(), *_two_coloured())])[0].place
        said = replace(said, place=place)
        if len(frames) > 1:
            camera = self._ranked(seen, [Statement(camera=camera) for camera in CAMERAS])[0].camera
            said = replace(said, camera=None if camera == "static" else camera)
        line = embedder.calibration
        cosine = float(self._vectors([_worded(said)])[0] @ seen)
        return said, 1 / (1 + math.exp(-(line.slope * cosine + line.offset)))

    def _ranked(self, seen: NDArray[np.float32], statements: Sequence[Statement]) -> list[Statement]:
        """The best first."""
        cosines = self._vectors([_worded(statement) for statement in statements]) @ seen
        return [statements[int(place)] for place in np.argsort(-cosines, kind="stable")]

    def _vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Of texts, each read once."""
        from models.contrastive.embedder import packaged_embedder

        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, packaged_embedder().texts(new), strict=True))
        return np.array([self._known[text] for text in texts])


def _worded(statement: Statement) -> str:
    return statement.text(np.random.default_rng(_WORDING))


def _two_coloured() -> list[str]:
    pairs = ((upper, lower) for upper in COLOURS for lower in COLOURS if upper != lower)
    return [f"on {'an' if upper[0] in 'aeiou' else 'a'} {upper} and {lower} background" for upper, lower in pairs]
