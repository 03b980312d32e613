"""Rendering records: references and sounds, at the size and length that is needed; the rest is the world's own."""

from assets.sandbox_corpus.record import Record
from assets.world.pairs import reference
from assets.world.render import Frames, render
from models.recipes import FPS

_CROPPED_FROM = (128, 224)  # height and width: so wide that nobody stands outside


def reference_picture(record: Record, side: int) -> Frames:
    """The person of a record as another clip shows them, uint8 [side, side, 3].

    Raises:
        NoSuchPart: The record is not of personalization.
    """
    return reference(render(record.other, *_CROPPED_FROM, FPS, 1), side)
