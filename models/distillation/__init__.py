"""Few-step students of a flow: what they learn from, how they differ from their teacher, where they are kept."""

from models.distillation.jumps import JUMPS, drawn_jumps, jump_losses
from models.distillation.lowrank import adapt, merge
from models.distillation.paths import KEPT, PATH, TIMES, drawn_paths, guided_path
from models.distillation.storage import load_student, save_merged, save_student, start_from, student_of
from models.distillation.terms import jump_terms, nearness

__all__ = [
    "JUMPS",
    "KEPT",
    "PATH",
    "TIMES",
    "adapt",
    "drawn_jumps",
    "drawn_paths",
    "guided_path",
    "jump_losses",
    "jump_terms",
    "load_student",
    "merge",
    "nearness",
    "save_merged",
    "save_student",
    "start_from",
    "student_of",
]
