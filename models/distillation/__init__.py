"""Backbones that change an earlier one: few-step students of its flow, and what takes more conditions than it."""

from models.distillation.jumps import JUMPS, drawn_jumps, jump_losses
from models.distillation.lowrank import adapt, merge
from models.distillation.paths import KEPT, TIMES, guided_path
from models.distillation.storage import KNOWN_FRAMES, LARGE, STUDENTS, Change

__all__ = [
    "JUMPS",
    "KEPT",
    "KNOWN_FRAMES",
    "LARGE",
    "STUDENTS",
    "TIMES",
    "Change",
    "adapt",
    "drawn_jumps",
    "guided_path",
    "jump_losses",
    "merge",
]
