"""Clusters of alike clips, and how often training should see each clip: often in proportion to 1/sqrt(cluster size).

Any embedding will do; ``embedding`` is that of the contrastive video-text model, ``looks`` a plain one of looks and
motion that knows nothing of meaning, for clips which were measured before there was a model.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assets.curation.copies.look import CHROMA, LUMA, Look
from assets.curation.signals.embedding import unpacked

_log = logging.getLogger(__name__)

_CELLS = 4  # a side
_ROUNDS = 50
_SEED = 0
_NEAR_LOOKS, _NEAR_JOINT = 2.0, 1.0  # the second chosen on 384 clips of the sandbox world (seeds 8,000 on)


@dataclass(frozen=True, eq=False)
class Space:
    """Where clips lie.

    Attributes:
        vectors: Float [N, D].
        near: Clusters whose centres lie within so many times the mean distance of vectors from their centres are
            one. In many dimensions vectors lie far from their centres, so that less of it parts the same things.
    """

    vectors: NDArray[np.float64]
    near: float


def embedding(clips: Sequence[dict[str, Any]]) -> Space:
    """Unit vectors of clips in the joint space, [N, 256].

    If any clip has none, all are described by their ``looks``, as the two do not mix; a warning says why.
    """
    if not clips:
        return Space(np.zeros((0, 1)), _NEAR_LOOKS)
    found = [clip["signals"].get("embedding") for clip in clips]
    lacking = [clip for clip, text in zip(clips, found, strict=True) if not text]
    if not lacking:
        return Space(np.array([unpacked(str(text)) for text in found], float), _NEAR_JOINT)
    why = lacking[0]["signals"].get("missing", {}).get("embedding", "measured before there was one; measure it again")
    _log.warning("%d of %d clips have no joint embedding (%s): clusters go by looks", len(lacking), len(clips), why)
    return looks(clips)


def looks(clips: Sequence[dict[str, Any]]) -> Space:
    """Where brightness and colours lie, and how fast they move: [N, 49] of clips with a look.

    The mean of the look's pictures in 4x4 cells, in units of 64 levels, and the logarithm of motion.
    """
    return Space(np.array([_look(clip) for clip in clips]).reshape(len(clips), 3 * _CELLS**2 + 1), _NEAR_LOOKS)


def _look(clip: dict[str, Any]) -> NDArray[np.float64]:
    look = Look.unpacked(clip["look"])
    luma = look.luma.mean(axis=0).reshape(_CELLS, LUMA // _CELLS, _CELLS, -1).mean(axis=(1, 3))
    chroma = look.chroma.mean(axis=0).reshape(_CELLS, CHROMA // _CELLS, _CELLS, CHROMA // _CELLS, 2).mean(axis=(1, 3))
    motion = np.log1p(clip["signals"]["motion"])
    return np.concatenate([luma.ravel() / 64 - 2, chroma.ravel() / 64 - 2, [motion]])


def clusters(space: Space) -> NDArray[np.int64]:
    """A cluster's number for each vector: k-means with k = sqrt(N), then duplicates among the clusters merged.

    Duplicates are clusters whose centres all lie ``near`` each other (complete linkage, so a chain of neighbours does
    not become one).
    Numbers are dense, in order of first appearance; the same vectors always give the same numbers.
    """
    vectors = space.vectors
    if not len(vectors):
        return np.zeros(0, np.int64)
    from scipy.cluster.vq import kmeans2

    count = max(1, round(len(vectors) ** 0.5))
    distinct = len(np.unique(vectors, axis=0))
    centres, labels = kmeans2(vectors, min(count, distinct), iter=_ROUNDS, minit="++", rng=_SEED)
    return _dense(_merged(space, centres, labels))


def _merged(space: Space, centres: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.int64]:
    from scipy.cluster.hierarchy import fcluster, linkage

    if len(centres) < 2:
        return labels
    radius = np.linalg.norm(space.vectors - centres[labels], axis=1).mean()
    of_centre = fcluster(linkage(centres, "complete"), space.near * radius, "distance")
    return np.asarray(of_centre, np.int64)[labels]


def _dense(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    numbers: dict[int, int] = {}
    return np.array([numbers.setdefault(int(label), len(numbers)) for label in labels], np.int64)


def weights(labels: NDArray[np.int64], landscape: NDArray[np.bool_], share: float | None) -> NDArray[np.float64]:
    """Sampling weights with mean 1: each clip 1/sqrt(size) of its cluster, so that a cluster weighs sqrt(size).

    Args:
        labels: Cluster numbers [N].
        landscape: Whether each clip is wider than tall [N].
        share: Of the whole weight for the clips that are; ``None``, or where only one sort is there, leaves it.
    """
    if not len(labels):
        return np.zeros(0)
    drawn = 1 / np.sqrt(np.bincount(labels)[labels])
    if share is not None and 0 < landscape.sum() < len(landscape):
        wide = drawn[landscape].sum() / drawn.sum()
        drawn = drawn * np.where(landscape, share / wide, (1 - share) / (1 - wide))
    return np.asarray(drawn / drawn.mean())
