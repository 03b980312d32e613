"""What a judge says."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Judgement(Generic[T]):
    """An answer and how sure the judge is of it.

    Attributes:
        value: The answer.
        confidence: 0 to 1: the probability that the judge gives its own answer.
    """

    value: T
    confidence: float
