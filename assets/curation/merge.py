"""The dataset version: kept and captioned footage clips beside the sandbox corpus, with licences and splits."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from assets.curation.buckets import bucket_of
from assets.curation.clusters import clusters, embedding, weights
from assets.curation.filters import copied
from assets.curation.policy import Policy

Row = dict[str, Any]
_VALIDATION_ONE_IN = 10
_SAME_FILM = 0.5  # share of the shorter source that is in the other too; less is an intro or a quotation
_SPLITS = ("train", "validation")


def merge(
    footage: Sequence[Row], curated: Sequence[Row], captions: Sequence[Row], corpus: Sequence[Row], policy: Policy
) -> list[Row]:
    """The rows of ``dataset.jsonl``.

    A footage row has its ``cluster`` (among the clips of its split), its sampling ``weight`` (mean 1 over the training
    clips; validation clips all weigh 1) and its training ``bucket``, ``None`` for a clip shorter than any.
    """
    sources = {row["id"]: row for row in footage}
    captioned = {row["id"]: row for row in captions}
    kept = [row for row in curated if row["kept"]]
    split = _splits(curated)
    sampled = _sampled(kept, split, policy)
    clips = [
        _clip(row, sources[row["source"]], captioned[row["id"]], split[row["source"]]) | sampled[row["id"]]
        for row in kept
    ]
    return [*clips, *corpus]


def missing_splits(dataset: Sequence[Row]) -> list[str]:
    """The splits that no footage clip of a dataset is in; none where there is no footage at all."""
    found = {row["split"] for row in dataset if row["kind"] == "footage"}
    return [split for split in _SPLITS if found and split not in found]


def _splits(curated: Sequence[Row]) -> dict[str, str]:
    """The split of each source.

    Sources of which one holds copies of half of the other's clips are one film. It is for validation only if each of
    them alone would be: what is trained on stays so when a copy of it comes.
    """
    film = {row["source"]: row["source"] for row in curated}  # of each source another of its film, up to the first

    def first(source: str) -> str:
        while film[source] != source:
            film[source] = source = film[film[source]]
        return source

    for one, other in _same_film(curated):
        film[first(one)] = first(other)
    trained = {first(source) for source in film if split_of(source) == "train"}
    return {source: "train" if first(source) in trained else "validation" for source in film}


def _same_film(curated: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Pairs of sources of which one holds copies of enough of the other, in seconds."""
    of_clip = {row["id"]: row["source"] for row in curated}
    whole: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for row in curated:
        of = [of_clip[better] for better in map(copied, row["rejections"]) if better]
        if row["kept"] or of:
            whole[row["source"]] += row["end"] - row["start"]
        shared.update({(row["source"], other): row["end"] - row["start"] for other in of if other != row["source"]})
    for (one, other), seconds in shared.items():
        if seconds >= _SAME_FILM * min(whole[one], whole[other]):
            yield one, other


def _sampled(kept: Sequence[Row], split_by_source: Mapping[str, str], policy: Policy) -> dict[str, Row]:
    """Cluster and weight of each clip, by id."""
    found: dict[str, Row] = {}
    for split in _SPLITS:
        clips = [clip for clip in kept if split_by_source[clip["source"]] == split]
        labels = clusters(embedding(clips))
        drawn = np.ones(len(clips))
        if split == "train" and policy.sampling == "inverse-root":
            landscape = np.array([clip["width"] > clip["height"] for clip in clips], bool)
            drawn = weights(labels, landscape, policy.landscape_share)
        for clip, label, weight in zip(clips, labels, drawn, strict=True):
            found[clip["id"]] = {"cluster": int(label), "weight": round(float(weight), 6)}
    return found


def _clip(clip: Row, source: Row, caption: Row, split: str) -> Row:
    bucket = bucket_of(clip["width"], clip["height"], clip["end"] - clip["start"], clip["fps"])
    return {
        "id": clip["id"],
        "kind": "footage",
        "split": split,
        "source": source["id"],
        "start": clip["start"],
        "end": clip["end"],
        "width": clip["width"],
        "height": clip["height"],
        "fps": clip["fps"],
        "bucket": asdict(bucket) if bucket else None,
        "caption": caption["caption"],
        "confidence": caption["confidence"],
        "captioner": caption["captioner"],
        "licence": source["licence"],
        "attribution": source["attribution"],
    }


def split_of(source: str) -> str:
    """``train`` or ``validation``, by its content, of a source file that is no copy of another."""
    return "validation" if int(source[:8], 16) % _VALIDATION_ONE_IN == 0 else "train"
