"""Changed backbones on disk: what they differ in from an earlier one, their teacher, and from which."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

import torch
from safetensors.torch import save_file
from torch import Tensor

from models.backbone import Backbone, WeightsDoNotFit, initialise_from, load_backbone, save_backbone
from models.backbone.storage import with_silent_inputs
from models.backbone.weights import CONFIG, WEIGHTS, read_config, read_weights
from models.distillation.lowrank import adapt, merge, trained
from models.files import atomic_path, read_json, sha256_file, write_json
from models.recipes import BackboneConfig

_TEACHERS = "backbone"
_TEXT = ("text",)


@dataclass(frozen=True)
class Change:
    """A family of changed backbones. The way that texts are read is the teacher's and stays so.

    Attributes:
        kind: Of their folders.
        condition: The condition that they have and their teacher lacks.
        whole: Modules whose matrices are trained and kept as they are, by the start of their names.
    """

    kind: str
    condition: Literal["span", "known"]
    whole: tuple[str, ...]

    def started(self, teacher: Path, rank: int) -> Backbone:
        """A network that starts as the teacher in a folder, to be trained by changes of rank ``rank``.

        Given nothing on the inputs that are new, it is the teacher; the weights of these inputs are drawn at random.

        Raises:
            WeightsDoNotFit: There is no teacher.
        """
        config = BackboneConfig(**read_config(teacher, _TEACHERS))
        changed = Backbone(replace(config, span=self.condition == "span", known=self.condition == "known"))
        initialise_from(changed, teacher)
        _make_heard(changed, config)
        adapt(changed, rank, fixed=_TEXT, whole=self.whole)
        return changed

    def save(self, changed: Backbone, teacher: Path, rank: int, folder: Path) -> None:
        """Write what training changed, in bfloat16, to ``folder`` (``model.safetensors``, ``config.json``)."""
        changes = {name: value.detach().bfloat16().contiguous() for name, value in trained(changed).items()}
        with atomic_path(folder / WEIGHTS) as temporary:
            save_file(changes, temporary)
        digest = sha256_file(teacher / WEIGHTS)
        stored = {"kind": self.kind, "model": asdict(changed.config), "rank": rank, "teacher": digest}
        write_json(folder / CONFIG, stored)

    def load(self, folder: Path, teacher: Path) -> Backbone:
        """The changed network in ``folder`` as an ordinary backbone, in evaluation mode.

        Raises:
            WeightsDoNotFit: There is none, it is damaged, or it is that of another teacher than the one in ``teacher``.
        """
        read_config(folder, self.kind)
        stored = read_json(folder / CONFIG)
        if stored["teacher"] != sha256_file(teacher / WEIGHTS):
            raise WeightsDoNotFit(f"{folder} holds changes of another teacher than {teacher}: train them again")
        changed = self.started(teacher, stored["rank"])
        changes, own = read_weights(folder), trained(changed)
        with torch.no_grad():
            if changes.keys() != own.keys():
                raise WeightsDoNotFit(f"{folder} holds changes of other tensors than a {self.kind} has: train it again")
            for name, value in own.items():
                if value.shape != changes[name].shape:
                    raise WeightsDoNotFit(
                        f"{folder}: tensor {name} has another shape than a {self.kind}'s: train it again"
                    )
                value.copy_(changes[name])
        merge(changed)
        return changed.eval()

    def merged(self, folder: Path, teacher: Path, target: Path) -> Path:
        """Write the changed network in ``folder`` to ``target`` as an ordinary backbone. Raises as ``load``."""
        save_backbone(self.load(folder, teacher), target)
        return target

    def differences(self, folder: Path, teacher: Path) -> dict[str, Tensor]:
        """What the network in ``folder`` has more than its teacher, by tensor; the teacher's absent inputs count as 0.

        Raises:
            WeightsDoNotFit: As ``load``.
        """
        before, after = load_backbone(teacher).state_dict(), self.load(folder, teacher).state_dict()
        found = {}
        for name, value in after.items():
            if name in before and before[name].ndim == 2:
                found[name] = value - with_silent_inputs(before[name], value.shape[1])
            else:
                found[name] = value - before[name] if name in before else value.clone()
        return found


def start_from(student: Backbone, earlier: Path, its_teacher: Path) -> int:
    """Begin with the changes of an earlier student, which fit where its teacher and this one's are alike.

    Changes to matrices are taken as they are; those of vectors and tables are added to this teacher's.

    Args:
        student: Started, changed in place.
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


@torch.no_grad()
def _make_heard(changed: Backbone, teacher: BackboneConfig) -> None:
    """Start the embedding's new columns at random, those for known latents about half of those of the noised latent.

    What is known is then seen as what is noised is, from the first step on. From zero the columns grow so slowly that
    after hundreds of steps the rest has not learned to listen to them.
    """
    weight, inputs = changed.embed.weight, teacher.input_channels * teacher.patch**2
    new = weight[:, inputs:]
    new.normal_(std=0.5 * float(weight[:, :inputs].std()))
    latent = min(teacher.latent_channels * teacher.patch**2, new.shape[1])
    new[:, :latent] += 0.5 * weight[:, :latent]


STUDENTS = Change("student", "span", ("span",))
"""Few-step students."""

KNOWN_FRAMES = Change("known", "known", ("embed", "head"))
"""Backbones that go on from known frames (:mod:`models.backbone.known`)."""
