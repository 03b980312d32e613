"""Evaluation: every checker against the truth of held-out clips, as rendered and after the codec.

One module a question; ``registry`` lists them, ``runner`` asks them.
"""

from assets.checkers.evaluation.question import Result
from assets.checkers.evaluation.registry import QUESTIONS
from assets.checkers.evaluation.runner import evaluate

__all__ = ["QUESTIONS", "Result", "evaluate"]
