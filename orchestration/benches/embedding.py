"""The contrastive video-text model on held-out clips of the sandbox world: alignment, retrieval, words, clusters."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.coded import coded
from assets.checkers.contrastive.evaluation import (
    Answers,
    Cosines,
    alignment_answers,
    fine_answers,
    held_out,
    retrieval,
    shuffled_answers,
)
from assets.checkers.scores import Score, balanced
from assets.world.render import RenderedClip

Frames = NDArray[np.uint8]
Figures = dict[str, float]

_FIRST = 20_000  # seed: nothing was looked at or tuned on these clips
_TIMED = 32
_FIELDS = ("kind", "colour", "motion", "place", "camera")


def run(count: int = 512, first_seed: int = _FIRST) -> Figures:
    """Every figure, each on ``count`` clips of the whole world: 128 px, 16 frames in two seconds."""
    from models.contrastive.embedder import packaged_embedder

    embedder = packaged_embedder()
    shown = held_out(count, "validation", first_seed)
    clean = embedder.clips([clip.frames for clip in shown])
    through = embedder.clips([coded(clip.frames, clips.FPS) for clip in shown])
    texts = {length: embedder.texts([getattr(clip.truth, length) for clip in shown]) for length in ("short", "long")}
    figures: Figures = {"clips": float(count)}
    for condition, vectors in (("clean", clean), ("h264", through)):
        for length, read in texts.items():
            figures |= _matching(vectors @ read.T, f"{length}_{condition}")
        for field in _FIELDS:
            answers = fine_answers(shown, vectors, field)
            figures |= {f"fine_{field}_{condition}": _share(answers), f"fine_{field}_asked": float(len(answers))}
    figures |= _unseen(count, first_seed)
    figures |= _clusters(shown, clean) | _speed([clip.frames for clip in shown[:_TIMED]])
    return {name: round(value, 4) for name, value in figures.items()}


def _matching(cosines: Cosines, name: str) -> Figures:
    score = _balanced(alignment_answers(cosines))
    return {
        f"alignment_{name}": score.value,
        f"alignment_{name}_low": score.low,
        f"alignment_{name}_high": score.high,
        f"alignment_{name}_shuffled": _balanced(shuffled_answers(cosines)).value,
        **_both_ways(cosines, name),
    }


def _unseen(count: int, first_seed: int) -> Figures:
    """Clips whose first thing shows a combination that training never did."""
    from models.contrastive.embedder import packaged_embedder

    shown = held_out(count, "unseen", first_seed)
    vectors = packaged_embedder().clips([clip.frames for clip in shown])
    figures = _matching(vectors @ packaged_embedder().texts([clip.truth.short for clip in shown]).T, "short_unseen")
    return figures | {f"fine_{field}_unseen": _share(fine_answers(shown, vectors, field)) for field in _FIELDS}


def _both_ways(cosines: Cosines, name: str) -> Figures:
    figures: Figures = {}
    for way, table in (("video_to_text", cosines), ("text_to_video", cosines.T)):
        found = retrieval(table)
        figures |= {
            f"{way}_{name}_r1": found.first,
            f"{way}_{name}_r5": found.five,
            f"{way}_{name}_median_rank": found.median,
        }
    return figures


def _clusters(shown: Sequence[RenderedClip], vectors: NDArray[np.float32]) -> Figures:
    """Adjusted Rand index of the clusters that curation would make, by either description of the clips."""
    from assets.curation.clusters import clusters, embedding, looks
    from assets.curation.copies.look import Gathering
    from assets.curation.signals.embedding import packed

    rows = []
    for clip, vector in zip(shown, vectors, strict=True):
        gathering = Gathering()
        for frame in clip.frames:
            gathering.add(frame)
        change = np.abs(np.diff(clip.frames.mean(axis=-1), axis=0)).mean() / 255 * 100
        signals = {"motion": float(change), "embedding": packed(vector)}
        rows.append({"look": gathering.look().packed(), "signals": signals})
    classes: dict[str, Callable[[RenderedClip], str]] = {
        "kind": lambda clip: clip.spec.objects[0].kind,
        "background": lambda clip: clip.spec.background.theme or clip.spec.background.colours[0],
    }
    figures: Figures = {}
    for name, describe in (("joint", embedding), ("looks", looks)):
        labels = clusters(describe(rows))
        figures[f"clusters_{name}"] = float(labels.max() + 1)
        for kind, class_of in classes.items():
            figures[f"rand_{kind}_{name}"] = adjusted_rand(labels.tolist(), [class_of(clip) for clip in shown])
    return figures


def adjusted_rand(labels: Sequence[int], classes: Sequence[str]) -> float:
    """Adjusted Rand index (Hubert and Arabie 1985) of clusters against classes: 1 for the same parting, 0 by chance."""
    table = np.zeros((len(set(labels)), len(set(classes))))
    rows, columns = ({value: place for place, value in enumerate(dict.fromkeys(side))} for side in (labels, classes))
    for label, name in zip(labels, classes, strict=True):
        table[rows[label], columns[name]] += 1

    def pairs(counts: NDArray[np.floating]) -> float:
        return float((counts * (counts - 1) / 2).sum())

    together, by_label, by_class = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = by_label * by_class / pairs(np.array([table.sum()]))
    most = (by_label + by_class) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def _speed(frames: Sequence[Frames]) -> Figures:
    """Milliseconds of one thread's time for a clip, alone."""
    import torch

    from models.contrastive.embedder import packaged_embedder

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    embedder = packaged_embedder()
    embedder.clips(frames[:1])
    begun = time.thread_time()
    for clip in frames:
        embedder.clips([clip])
    spent = time.thread_time() - begun
    torch.set_num_threads(threads)
    return {"milliseconds_a_clip": spent / len(frames) * 1000}


def _balanced(answers: Answers) -> Score:
    return balanced([said for said, _ in answers], [true for _, true in answers])


def _share(answers: Sequence[tuple[object, object]]) -> float:
    return float(np.mean([said == true for said, true in answers]))
