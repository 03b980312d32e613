"""Students on disk: what they differ in from their teacher, and from which one."""

from dataclasses import asdict, replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from models.backbone import Backbone, WeightsDoNotFit, initialise_from, save_backbone
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


def start_from(student: Backbone, earlier: Path, its_teacher: Path) -> int:
    """Begin with the changes of an earlier student, which fit where its teacher and this one's are alike.

    Changes to matrices are taken as they are; those of vectors and tables are added to this teacher's.

    Args:
        student: Of :func:`student_of`, changed in place.
        earlier: Folder of the other student.
        its_teacher: Folder of the backbone that it is a student of.

    Returns:
        How many tensors fitted; the others start as without an earlier student.
    """
    changes, before, own, fitted = read_weights(earlier), read_weights(its_teacher), trained(student), 0
    with torch.no_grad():
        for name, change in changes.items():
            if name not in own or own[name].shape != change.shape:
                continue
            if name in before:
                own[name].add_(change.float() - before[name].float())
            else:
                own[name].copy_(change)
            fitted += 1
    return fitted


def save_merged(folder: Path, teacher: Path, target: Path) -> Path:
    """Write the student in ``folder`` to ``target`` as an ordinary backbone; raises as :func:`load_student`."""
    save_backbone(load_student(folder, teacher), target)
    return target


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
