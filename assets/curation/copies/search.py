"""The search for copies among many looks: an index of colours proposes pairs, matching decides.

A crop, a mirror or another speed changes little in how a picture's values are distributed. Mean and spread of its
three planes are a point of six numbers, and a look is the points of its pictures. Only pairs of looks with two points
near each other, found by a k-d tree, are compared in full.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from assets.curation.copies.look import Look
from assets.curation.copies.matching import Match, Prepared, match

RADIUS = 20.0  # levels of 255: what the hardest crops of the bench move the nearest of a look's points
_PREPARED = 256  # looks whose windows are kept at hand: about a megabyte each at most


@dataclass(frozen=True)
class Pair:
    """Two looks, by their places in what was searched (``first`` < ``second``), that are copies."""

    first: int
    second: int
    match: Match


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        pairs: The copies.
        compared: How many pairs the index proposed.
    """

    pairs: list[Pair]
    compared: int


def search(looks: Sequence[Look], limit: float) -> Found:
    """Every pair of looks that leaves a residual of at most ``limit`` (see ``Match``)."""
    candidates = list(_candidates(looks))
    pairs = [
        Pair(first, second, found)
        for (first, second), found in zip(candidates, _matched(looks, candidates), strict=True)
        if found.residual <= limit
    ]
    return Found(pairs, len(candidates))


def points(look: Look) -> NDArray[np.float64]:
    """Means and standard deviations of each picture's planes: [K, 6]."""
    planes = [look.luma.reshape(len(look), -1), *look.chroma.reshape(len(look), -1, 2).transpose(2, 0, 1)]
    return np.stack([value for plane in planes for value in (plane.mean(axis=1), plane.std(axis=1))], axis=1)


def _candidates(looks: Sequence[Look]) -> Iterator[tuple[int, int]]:
    """Pairs with two pictures whose points are near, in order of the first."""
    from scipy.spatial import KDTree

    if not looks:
        return
    placed = [points(look) for look in looks]
    owners = np.repeat(np.arange(len(looks)), [len(own) for own in placed])
    tree = KDTree(np.concatenate(placed))
    for number, own in enumerate(placed):
        near = tree.query_ball_point(own, RADIUS)
        others = np.unique(owners[np.concatenate([np.asarray(hits, int) for hits in near])])
        yield from ((number, int(other)) for other in others[others > number])


def _matched(looks: Sequence[Look], candidates: Sequence[tuple[int, int]]) -> Iterator[Match]:
    prepared = lru_cache(maxsize=_PREPARED)(lambda number: Prepared(looks[number]))
    for first, second in candidates:
        yield match(prepared(first), prepared(second))
