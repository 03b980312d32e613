"""The words that the checkers know: kinds of things and their colours, in the order of the network's outputs."""

from assets.world.colours import COLOURS as DYES
from assets.world.kinds import BY_NAME, PERSON

KINDS: tuple[str, ...] = (*BY_NAME, PERSON)
OWN = "own"  # a thing in the colours that its drawing has
COLOURS: tuple[str, ...] = (*DYES, OWN)


class UnknownWord(LookupError):
    """A kind or a colour that no checker was trained on; the message lists those that are known."""


def kind_index(kind: str) -> int:
    """Place of a kind in ``KINDS``. Raises UnknownWord."""
    if kind not in KINDS:
        raise UnknownWord(f"no checker knows the kind {kind!r}; known are: {', '.join(KINDS)}")
    return KINDS.index(kind)


def colour_index(colour: str | None) -> int:
    """Place of a colour in ``COLOURS``; None means a thing's own. Raises UnknownWord."""
    name = OWN if colour is None else colour
    if name not in COLOURS:
        raise UnknownWord(f"no checker knows the colour {name!r}; known are: {', '.join(COLOURS)}")
    return COLOURS.index(name)
