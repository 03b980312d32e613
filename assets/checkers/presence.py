"""Whether a thing of a kind and colour is there, which things there are, and how many."""

from collections.abc import Sequence

from assets.checkers.judgement import Judgement
from assets.checkers.things import Thing
from assets.checkers.vocabulary import OWN, colour_index, kind_index

_BELIEVED = 0.013  # product of the probabilities of kind and colour from which a thing is what was asked for
_COUNTED = 0.05  # score of a thing, on the whole clip's average, from which it is counted


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
    """The kind and colour of each thing that is counted; the colour None where it is its own."""
    return tuple(
        Judgement(
            (thing.kind, None if thing.colour == OWN else thing.colour), float(thing.kinds.max() * thing.colours.max())
        )
        for thing in found
        if _surely(thing) >= _COUNTED
    )


def count(found: Sequence[Thing]) -> Judgement[int]:
    """How many things there are; as sure as the least sure decision about one of them."""
    scores = [_surely(thing) for thing in found]
    doubts = [abs(score - _COUNTED) / max(_COUNTED, 1 - _COUNTED) for score in scores]
    return Judgement(sum(score >= _COUNTED for score in scores), 0.5 + 0.5 * min([*doubts, 1.0]))


def _surely(thing: Thing) -> float:
    """Its score on the average of all frames, those in which it is not seen included."""
    return float(thing.scores.sum()) / thing.of
