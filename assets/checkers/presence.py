"""Whether a thing of a kind and colour is there, which things there are, and how many."""

from collections.abc import Sequence

from assets.checkers.judgement import Judgement
from assets.checkers.things import Thing
from assets.checkers.vocabulary import OWN, colour_index, kind_index

_BELIEVED = 0.013  # product of the probabilities of kind and colour from which a thing is what was asked for


def present(found: Sequence[Thing], kind: str, colour: str | None = None) -> Judgement[bool]:
    """Whether any of the ``found`` things is of that kind and colour; None asks for its own colours.

    Raises:
        UnknownWord: No checker knows the kind or the colour.
    """
    which, dye = kind_index(kind), colour_index(colour)
    best = max((float(thing.kinds[which] * thing.colours[dye]) for thing in found), default=0.0)
    value = best >= _BELIEVED
    return Judgement(value, max(best, _BELIEVED) / (best + _BELIEVED))


def named(found: Sequence[Thing]) -> tuple[Judgement[tuple[str, str | None]], ...]:
    """The kind and colour of each thing; the colour None where it is its own."""
    return tuple(
        Judgement(
            (thing.kind, None if thing.colour == OWN else thing.colour),
            float(thing.sure * thing.kinds.max() * thing.colours.max()),
        )
        for thing in found
    )


def count(found: Sequence[Thing]) -> Judgement[int]:
    """How many things there are; as sure as the least sure one of them is a thing."""
    return Judgement(len(found), min((thing.sure for thing in found), default=1.0))
