"""The dataset version: kept and captioned footage clips beside the sandbox corpus, with licences and splits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from assets.curation.buckets import bucket_of
from assets.curation.clusters import clusters, embedding, weights
from assets.curation.filters import copied
from assets.curation.policy import Policy

Row = dict[str, Any]
_VALIDATION_ONE_IN = 10
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

    Sources of which one holds a copy of another's clip are one film. It is for validation only if each of them alone
    would be: what is trained on stays so when a copy of it comes.
    """
    of_clip = {row["id"]: row["source"] for row in curated}
    film = {source: {source} for source in of_clip.values()}
    for row in curated:
        for better in filter(None, map(copied, row["rejections"])):
            joined = film[row["source"]] | film[of_clip[better]]
            film.update(dict.fromkeys(joined, joined))
    alone = {source: split_of(source) for source in film}
    return {
        source: "train" if any(alone[other] == "train" for other in film[source]) else "validation" for source in film
    }


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
    """``train`` or ``validation``, by the content of a source file that shares no clip with another."""
    return "validation" if int(source[:8], 16) % _VALIDATION_ONE_IN == 0 else "train"
