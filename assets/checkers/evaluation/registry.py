"""All questions, in the order in which they are reported."""

from typing import Any

from assets.checkers.evaluation.alignment import Alignment
from assets.checkers.evaluation.background import Behind
from assets.checkers.evaluation.camera import Camera
from assets.checkers.evaluation.count import Count
from assets.checkers.evaluation.edits import Edits
from assets.checkers.evaluation.identity import Identity
from assets.checkers.evaluation.motion import Motion
from assets.checkers.evaluation.onsets import Onsets
from assets.checkers.evaluation.presence import Presence
from assets.checkers.evaluation.question import Question
from assets.checkers.evaluation.sync import Sync
from assets.checkers.evaluation.words import Words

QUESTIONS: tuple[Question[Any, Any, Any], ...] = (
    Presence(),
    Motion(),
    Count(),
    Behind(),
    Words(),
    Camera(),
    Onsets(),
    Edits(),
    Identity(),
    Sync(),
    Alignment(),
)
