"""Backbones that change an earlier one: few-step students of its flow, and what takes more conditions than it."""

from models.distillation.jumps import JUMPS, drawn_jumps, jump_losses
from models.distillation.lowrank import adapt, merge
from models.distillation.paths import KEPT, PATH, TIMES, drawn_paths, guided_path
from models.distillation.storage import KNOWN_FRAMES, STUDENTS, Change, start_from
from models.distillation.terms import jump_terms, nearness

__all__ = [
    "JUMPS",
    "KEPT",
    "KNOWN_FRAMES",
    "PATH",
    "STUDENTS",
    "TIMES",
    "Change",
    "adapt",
    "drawn_jumps",
    "drawn_paths",
    "guided_path",
    "jump_losses",
    "jump_terms",
    "merge",
    "nearness",
    "start_from",
]
