"""Training of the aesthetics score: ``python -m assets.curation.aesthetics.train``. Equal seeds give equal weights.

No person has rated anything. A picture is held to be better than the same picture blurred, drowned in noise, badly
lit, discoloured, tilted, written over, coded with too few bits or cut badly, and the less so the better; and any
picture as it is better than any other one that is badly spoiled. From such pairs the ranker learns what spoiled
pictures look like. So it is no LAION predictor: it knows no beauty beyond "nothing went wrong", and two faultless
pictures score alike, about 6 of 10.

Sources are few, so each fifth of them is scored by a ranker that has not seen it. From these scores come the figures
that are printed, as JSON, and the scale: the median of pictures as they are is 6, and what best parts them from badly
spoiled ones is 4, the least that the paper's rule asks for. The weights that are kept have seen all sources.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from assets.curation.aesthetics.features import Floats, features
from assets.curation.aesthetics.pictures import Source, sources
from assets.curation.aesthetics.ranker import GOOD, LEAST, WEIGHTS, Ranker, fit
from assets.curation.aesthetics.spoiling import DEGREES, WAYS, Picture, spoiled

SEED = 0
_MOST = 8  # pictures of a source
_VIEWS = (6, 3)  # of each picture: of a source of one, of another; the first is the picture, the others are parts of it
_ACROSS = 8000  # pairs of different sources
_FOLDS = 5
_BAD = DEGREES[1]  # degree from which a picture is worse than any that is as it was

Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Examples:
    """Pictures as numbers, each view of a source beside what it was spoiled to; arrays of N.

    Attributes:
        table: Numbers [N, D].
        source: Which source each row is of.
        view: Which view it shows.
        way: Place in ``WAYS``; -1 for as it is.
        degree: 0 for as it is.
        weight: How often a row should be seen, that sources count alike.
    """

    table: Floats
    source: Rows
    view: Rows
    way: Rows
    degree: Floats
    weight: Floats


def main() -> None:
    """Train, write the weights beside the package, print what they are worth on sources that were not seen."""
    import torch

    torch.set_num_threads(1)  # one order of sums
    ranker, scores, seen = trained(examples(sources()))
    ranker.save(WEIGHTS)
    sys.stdout.write(json.dumps(figures(scores, seen), indent=1) + "\n")


def trained(seen: Examples) -> tuple[Ranker, Floats, Examples]:
    """The ranker of examples, the scores [N] that rankers which did not see a row's source give it, the examples."""
    unseen = np.zeros(len(seen.table))
    for fold in range(_FOLDS):
        out = seen.source % _FOLDS == fold
        rows = np.flatnonzero(~out)
        unseen[out] = _measured(_fitted(seen, rows), seen, rows)[out]
    everything = np.arange(len(seen.table))
    ranker = _fitted(seen, everything)
    usual, least = float(np.median(unseen[seen.degree == 0])), _between(unseen, seen)
    slope = (_logit(GOOD) - _logit(LEAST)) / (usual - least)
    offset = _logit(GOOD) - slope * usual
    bad, unit = _unit(ranker.raw(seen.table), seen, everything)
    scaled = replace(ranker, scale=np.array([slope / unit, offset - slope * bad / unit], np.float32))
    return scaled, 10 / (1 + np.exp(-(slope * unseen + offset))), seen


def figures(scores: Floats, seen: Examples) -> dict[str, float]:
    """Shares of pairs ranked rightly, in all and by way, and of pictures on their side of 4; sources count alike."""
    ranked = np.array(list(pairs(seen)))
    right, weight = scores[ranked[:, 0]] > scores[ranked[:, 1]], seen.weight[ranked[:, 0]]
    way = seen.way[ranked[:, 1]]
    clean, bad = seen.degree == 0, seen.degree >= _BAD
    above = [np.average(scores[bad] < score, weights=seen.weight[bad]) for score in scores[clean]]
    return {
        "sources": float(len(np.unique(seen.source))),
        "pictures": float(clean.sum()),
        "pairs": float(len(ranked)),
        "ranked": float(np.average(right, weights=weight)),
        **{f"ranked_{name}": _share(right, weight, way == place) for place, name in enumerate(WAYS)},
        "ranked_across": float(np.average(above, weights=seen.weight[clean])),
        "as_they_are_above_4": _share(scores >= LEAST, seen.weight, clean),
        "badly_spoiled_below_4": _share(scores < LEAST, seen.weight, bad),
        **{
            f"below_4_{name}": _share(scores < LEAST, seen.weight, bad & (seen.way == place))
            for place, name in enumerate(WAYS)
        },
    }


def pairs(seen: Examples) -> Iterator[tuple[int, int]]:
    """Rows (better, worse): of one view and one way, the lesser degree before the greater."""
    for view in np.unique(seen.view):
        rows = np.flatnonzero(seen.view == view)
        clean = int(rows[seen.degree[rows] == 0][0])
        for way in range(len(WAYS)):
            by_degree = sorted(rows[seen.way[rows] == way].tolist(), key=lambda row: float(seen.degree[row]))
            ordered = [clean, *by_degree]
            yield from ((one, other) for place, one in enumerate(ordered) for other in ordered[place + 1 :])


def examples(found: Sequence[Source]) -> Examples:
    """Views of sources, each as it is and spoiled in every way to every degree."""
    tables: list[Floats] = []
    marks: list[tuple[int, int, int, float, float]] = []
    for place, source in enumerate(found):
        pictures = source.pictures[:: -(-len(source.pictures) // _MOST)]
        views = _VIEWS[len(pictures) > 1]
        for picture, part in product(pictures, range(views)):
            number = marks[-1][1] + 1 if marks else 0
            weight = 1 / (views * len(pictures))
            shown = _view(picture, np.random.default_rng([SEED, number]), whole=part == 0)
            tables.append(features(shown))
            marks.append((place, number, -1, 0.0, weight))
            for (way, name), degree in product(enumerate(WAYS), DEGREES):
                tables.append(features(spoiled(shown, name, degree, number)))
                marks.append((place, number, way, degree, weight))
    return Examples(np.stack(tables), *(np.array(column) for column in zip(*marks, strict=True)))


def _fitted(seen: Examples, rows: Rows) -> Ranker:
    """A ranker of some rows: pairs within their views, and as many as ``_ACROSS`` of any sources."""
    rng = np.random.default_rng(SEED)
    inside = np.isin(np.arange(len(seen.table)), rows)
    within = np.array([pair for pair in pairs(seen) if inside[pair[0]]])
    clean, bad = rows[seen.degree[rows] == 0], rows[seen.degree[rows] >= _BAD]
    across = [rng.choice(some, _ACROSS, p=_shares(seen.weight[some])) for some in (clean, bad)]
    kept = rng.choice(len(within), len(within), p=_shares(seen.weight[within[:, 0]]))
    better, worse = (np.concatenate([within[kept, side], across[side]]) for side in (0, 1))
    return fit(seen.table, better, worse, SEED)


def _measured(ranker: Ranker, seen: Examples, rows: Rows) -> Floats:
    """Scores of all rows in units that rankers share: 0 and 1 are medians of ``rows``, badly spoiled and as is."""
    raw = ranker.raw(seen.table)
    bad, unit = _unit(raw, seen, rows)
    return (raw - bad) / unit


def _unit(raw: Floats, seen: Examples, rows: Rows) -> tuple[float, float]:
    clean, bad = raw[rows][seen.degree[rows] == 0], raw[rows][seen.degree[rows] >= _BAD]
    return float(np.median(bad)), float(np.median(clean) - np.median(bad))


def _between(scores: Floats, seen: Examples) -> float:
    """The score that parts pictures as they are from badly spoiled ones best: of balanced accuracy the greatest."""
    clean, bad = seen.degree == 0, seen.degree >= _BAD
    tried = np.quantile(scores[clean | bad], np.linspace(0.02, 0.98, 193))
    right = [_share(scores >= least, seen.weight, clean) + _share(scores < least, seen.weight, bad) for least in tried]
    return float(tried[int(np.argmax(right))])


def _view(picture: Picture, rng: np.random.Generator, *, whole: bool) -> Picture:
    """A picture, or a part of nine tenths to two thirds of each side of it, perhaps mirrored, in other light.

    Light, contrast and colours vary within what is as good: else the ranker would know its few sources by them.
    """
    if whole:
        return picture
    height, width = picture.shape[:2]
    kept = rng.uniform(0.66, 0.9)
    top, left = int(rng.uniform(0, 1 - kept) * height), int(rng.uniform(0, 1 - kept) * width)
    part = picture[top : top + int(kept * height), left : left + int(kept * width)]
    part = part[:, ::-1] if rng.random() < 0.5 else part
    lit = (part / 255) ** rng.uniform(0.75, 1.35) * (1 + rng.uniform(-0.1, 0.1, 3))
    grey = lit.mean(axis=2, keepdims=True)
    coloured = grey + (lit - grey) * rng.uniform(0.65, 1.35)
    middle = coloured.mean()
    shown = middle + (coloured - middle) * rng.uniform(0.8, 1.1)
    return np.clip(np.round(shown * 255), 0, 255).astype(np.uint8)


def _share(right: NDArray[np.bool_], weight: Floats, of: NDArray[np.bool_]) -> float:
    return float(np.average(right[of], weights=weight[of]))


def _shares(weights: Floats) -> Floats:
    return np.asarray(weights / weights.sum())


def _logit(score: float) -> float:
    return float(np.log(score / (10 - score)))


if __name__ == "__main__":
    main()
