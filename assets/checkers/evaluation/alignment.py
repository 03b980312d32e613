"""Does a caption fit a clip?"""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.alignment import judged
from assets.checkers.coded import coded
from assets.checkers.evaluation.question import Answers, Choice, Exhibit, Source
from assets.world.captions import long
from assets.world.draw import draw
from assets.world.physics import simulate
from assets.world.spec import WorldSpec

Frames = NDArray[np.uint8]
Told = tuple[NDArray[np.float32], NDArray[np.float32]]

_OTHER = 1 << 20  # seeds between a clip and the one whose caption does not fit it


def _show(seed: int) -> Exhibit[Told, Frames]:
    """A clip of the whole world; its truth are the vectors of its own long caption and of another clip's."""
    from models.contrastive.embedder import packaged_embedder

    clip = clips.rendered(seed, clips.HELD_OUT)
    own, other = packaged_embedder().texts([clip.truth.long, _caption(draw(seed + _OTHER, clips.HELD_OUT))])
    return Exhibit((own, other), clip.frames, coded(clip.frames, clips.FPS))


def _caption(spec: WorldSpec) -> str:
    return long(spec, simulate(spec, clips.SECONDS), moving=True)


class Alignment(Choice[Told, Frames, NDArray[np.float32]]):
    """Asked of each clip's own caption and of another clip's."""

    name: ClassVar[str] = "alignment"
    source = Source("whole", _show)

    def find(self, view: Frames) -> NDArray[np.float32]:
        """The clip's vector."""
        from models.contrastive.embedder import packaged_embedder

        return np.asarray(packaged_embedder().clips([view])[0])

    def answers(self, truth: Told, found: NDArray[np.float32]) -> Answers:
        """Whether it fits either caption."""
        own, other = truth
        return [(judged(float(found @ own)).value, True), (judged(float(found @ other)).value, False)]
