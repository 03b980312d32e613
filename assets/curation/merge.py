"""The dataset version: kept and captioned footage clips beside the sandbox corpus, with licences and splits."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from assets.curation.buckets import bucket_of
from assets.curation.clusters import clusters, embedding, weights
from assets.curation.policy import Policy

Row = dict[str, Any]
_VALIDATION_ONE_IN = 10


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
    sampled = _sampled(kept, policy)
    clips = [_clip(row, sources[row["source"]], captioned[row["id"]]) | sampled[row["id"]] for row in kept]
    return [*clips, *corpus]


def _sampled(kept: Sequence[Row], policy: Policy) -> dict[str, Row]:
    """Cluster and weight of each clip, by id."""
    found: dict[str, Row] = {}
    for split in ("train", "validation"):
        clips = [clip for clip in kept if split_of(clip["source"]) == split]
        labels = clusters(embedding(clips))
        drawn = np.ones(len(clips))
        if split == "train" and policy.sampling == "inverse-root":
            landscape = np.array([clip["width"] > clip["height"] for clip in clips], bool)
            drawn = weights(labels, landscape, policy.landscape_share)
        for clip, label, weight in zip(clips, labels, drawn, strict=True):
            found[clip["id"]] = {"cluster": int(label), "weight": round(float(weight), 6)}
    return found


def _clip(clip: Row, source: Row, caption: Row) -> Row:
    bucket = bucket_of(clip["width"], clip["height"], clip["end"] - clip["start"], clip["fps"])
    return {
        "id": clip["id"],
        "kind": "footage",
        "split": split_of(source["id"]),
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
    """``train`` or ``validation``, by source file: clips of one file never stand on both sides."""
    return "validation" if int(source[:8], 16) % _VALIDATION_ONE_IN == 0 else "train"
