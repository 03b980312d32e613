"""Few-step students of a flow: what they learn from, how they differ from their teacher, where they are kept."""

from models.distillation.jumps import JUMPS, drawn_jumps, jump_losses
from models.distillation.lowrank import adapt, merge
from models.distillation.paths import KEPT, TIMES, guided_path
from models.distillation.storage import load_student, save_student, student_of

__all__ = [
    "JUMPS",
    "KEPT",
    "TIMES",
    "adapt",
    "drawn_jumps",
    "guided_path",
    "jump_losses",
    "load_student",
    "merge",
    "save_student",
    "student_of",
]
