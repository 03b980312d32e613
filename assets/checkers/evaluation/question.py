"""Questions: what a checker is asked about clips whose truth is known, and how its answers are scored.

A question has two sides that never meet in one place. ``find`` is given what a judge may look at and is told no truth;
``score`` holds findings against truths. So the same findings can be held against the truths of other clips, which is
the control: a judge that sees its clips scores at chance there, and so must everything that only looks like one.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from assets.checkers.scores import Score, balanced

T = TypeVar("T")  # what is true of a clip
V = TypeVar("V")  # what a judge may look at
F = TypeVar("F")  # what a judge finds

Answers = list[tuple[Hashable, Hashable]]  # what was said, what is true


@dataclass(frozen=True, eq=False)
class Exhibit(Generic[T, V]):
    """One clip.

    Attributes:
        truth: What is true of it; small, for it goes from process to process.
        clean, coded: What judges look at: as rendered, and after the codec.
    """

    truth: T
    clean: V
    coded: V


@dataclass(frozen=True)
class Source(Generic[T, V]):
    """Clips of one kind, about which one or several questions are asked.

    Attributes:
        show: The clip of a seed; a function of some module, so that other processes find it.
    """

    name: str
    show: Callable[[int], Exhibit[T, V]]


@dataclass(frozen=True)
class Result:
    """Scores of one checker.

    Attributes:
        clean, coded: On clips as rendered and after the codec.
        shuffled: The findings of ``clean`` held against the truths of other clips.
        chance: What ``shuffled`` is expected to be.
    """

    clean: Score
    coded: Score
    shuffled: Score
    chance: float


class Question(ABC, Generic[T, V, F]):
    """What one checker is asked."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def source(self) -> Source[T, V]:
        """The clips that it is asked about."""

    @abstractmethod
    def find(self, view: V) -> F:
        """What the judge finds in a clip; small, for it goes from process to process."""

    @abstractmethod
    def score(self, held: Sequence[tuple[T, F]]) -> Score:
        """How well findings agree with truths, one pair a clip."""

    @abstractmethod
    def chance(self, held: Sequence[tuple[T, F]]) -> float:
        """The score to expect of findings that have nothing to do with the truths that they are held against."""


class Choice(Question[T, V, F]):
    """A question whose answers are classes, scored by balanced accuracy."""

    @abstractmethod
    def answers(self, truth: T, found: F) -> Answers:
        """What is said and what is true, as often as one clip is asked."""

    def score(self, held: Sequence[tuple[T, F]]) -> Score:
        """Balanced accuracy over all clips' answers."""
        answers = self._all(held)
        return balanced([said for said, _ in answers], [true for _, true in answers], len(held))

    def chance(self, held: Sequence[tuple[T, F]]) -> float:
        """One of so many classes: what any answers get, however frequent each is, that know nothing of the truth."""
        return 1 / len({true for _, true in self._all(held)})

    def _all(self, held: Sequence[tuple[T, F]]) -> Answers:
        return [answer for truth, found in held for answer in self.answers(truth, found)]
