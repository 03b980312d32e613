"""The runner: shows clips to the judges in several processes, and holds what they find against the truths."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from typing import Any

import numpy as np

from assets.checkers.evaluation.question import Question, Result, Source
from assets.checkers.evaluation.registry import QUESTIONS

Progress = Callable[[str, int, int], None]  # name of the clips, how many are done, of how many
_Questions = Sequence[Question[Any, Any, Any]]

_FIRST = 20_000  # seed: nothing was looked at or tuned on these clips; a multiple of the cameras' number
_AT_ONCE = 16  # clips that a process is given


@dataclass(frozen=True, eq=False)
class Seen:
    """One clip's truth, and what is found in it for each question: as rendered, and after the codec."""

    truth: Any
    found: list[tuple[Any, Any]]


def evaluate(
    count: int = 512, questions: _Questions = QUESTIONS, workers: int = 2, progress: Progress | None = None
) -> dict[str, Result]:
    """Every question's result on ``count`` held-out clips of the kind that it is about, each rendered once.

    Args:
        count: At least 2, so that truths can be exchanged.
        questions: Which; their names differ.
        workers: Processes, one thread each; 1 stays in this one.
        progress: Called whenever some clips are done.

    Raises:
        ValueError: There are fewer than two clips.
    """
    if count < 2:
        raise ValueError(f"{count} clips: the control exchanges their truths, so give at least two")
    by_source: dict[str, list[Question[Any, Any, Any]]] = {}
    for question in questions:
        by_source.setdefault(question.source.name, []).append(question)
    parts = [range(start, min(start + _AT_ONCE, _FIRST + count)) for start in range(_FIRST, _FIRST + count, _AT_ONCE)]
    jobs = list(product(by_source, parts))
    seen: dict[str, list[Seen]] = {name: [] for name in by_source}
    with _mapped(workers) as mapped:
        found = mapped(look, [by_source[name] for name, _ in jobs], [part for _, part in jobs])
        for (name, _), some in zip(jobs, found, strict=True):
            seen[name] += some
            if progress:
                progress(name, len(seen[name]), count)
    return {
        question.name: _result(question, seen[question.source.name], by_source[question.source.name].index(question))
        for question in questions
    }


def exchanged(count: int, seed: int = 0) -> list[int]:
    """For each of ``count`` clips another one, drawn at random (Sattolo's cycle): none is given itself."""
    rng = np.random.default_rng(seed)
    other = list(range(count))
    for last in range(count - 1, 0, -1):
        at = int(rng.integers(last))
        other[last], other[at] = other[at], other[last]
    return other


def _result(question: Question[Any, Any, Any], seen: list[Seen], place: int) -> Result:
    clean, coded = ([(one.truth, one.found[place][which]) for one in seen] for which in range(2))
    swapped = [(seen[other].truth, found) for (_, found), other in zip(clean, exchanged(len(seen)), strict=True)]
    return Result(question.score(clean), question.score(coded), question.score(swapped), question.chance(swapped))


def look(questions: _Questions, seeds: Sequence[int]) -> list[Seen]:
    """What is found in the clips of some seeds for questions about one kind of clips."""
    source: Source[Any, Any] = questions[0].source
    seen = []
    for seed in seeds:
        try:
            exhibit = source.show(seed)
            found = [(question.find(exhibit.clean), question.find(exhibit.coded)) for question in questions]
        except Exception as error:
            error.add_note(f"in the {source.name} clip of seed {seed}")
            raise
        seen.append(Seen(exhibit.truth, found))
    return seen


@contextmanager
def _mapped(workers: int) -> Iterator[Callable[..., Iterator[list[Seen]]]]:
    """A ``map`` over processes; its results come in order."""
    if workers == 1:
        yield map
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_alone) as pool:
        yield pool.map


def _alone() -> None:
    """One thread a process: their number is what shares the machine."""
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)
