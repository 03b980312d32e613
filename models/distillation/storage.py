"""Students on disk: what they differ in from their teacher, and from which one."""

from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from models.backbone import Backbone, WeightsDoNotFit, initialise_from
from models.backbone.weights import CONFIG, WEIGHTS, read_config, read_weights
from models.distillation.lowrank import adapt, merge, trained
from models.files import atomic_path, read_json, sha256_file, write_json
from models.recipes import BackboneConfig

KIND = "student"
_TEACHERS = "backbone"
_NEW, _TEXT = ("span",), ("text",)


def student_of(teacher: Path, rank: int) -> Backbone:
    """A network that starts as the teacher in a folder, to be trained by changes of rank ``rank``.

    The way that texts are read is the teacher's and stays so. Raises WeightsDoNotFit if there is no teacher.
    """
    config = BackboneConfig(**read_config(teacher, _TEACHERS))
    student = Backbone(replace(config, span=True))
    initialise_from(student, teacher)
    adapt(student, rank, fixed=_TEXT, whole=_NEW)
    return student


def save_student(student: Backbone, teacher: Path, rank: int, folder: Path) -> None:
    """Write the changes of :func:`student_of`, in bfloat16, to ``folder`` (``model.safetensors``, ``config.json``)."""
    changes = {name: value.detach().bfloat16().contiguous() for name, value in trained(student).items()}
    with atomic_path(folder / WEIGHTS) as temporary:
        save_file(changes, temporary)
    stored = {"kind": KIND, "model": asdict(student.config), "rank": rank, "teacher": sha256_file(teacher / WEIGHTS)}
    write_json(folder / CONFIG, stored)


def load_student(folder: Path, teacher: Path) -> Backbone:
    """The student in ``folder`` as an ordinary backbone, which takes a span, in evaluation mode.

    Raises:
        WeightsDoNotFit: There is none, it is damaged, or it is that of another teacher than the one in ``teacher``.
    """
    read_config(folder, KIND)
    stored = read_json(folder / CONFIG)
    if stored["teacher"] != sha256_file(teacher / WEIGHTS):
        raise WeightsDoNotFit(f"{folder} holds a student of another teacher than {teacher}: distil it again")
    student = student_of(teacher, stored["rank"])
    changes, own = read_weights(folder), trained(student)
    with torch.no_grad():
        if changes.keys() != own.keys():
            raise WeightsDoNotFit(f"{folder} holds changes of other tensors than a student has: distil it again")
        for name, value in own.items():
            if value.shape != changes[name].shape:
                raise WeightsDoNotFit(f"{folder}: tensor {name} has another shape than a student's: distil it again")
            value.copy_(changes[name])
    merge(student)
    return student.eval()
