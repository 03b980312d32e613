from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models.backbone import Backbone, WeightsDoNotFit, load_backbone, save_backbone
from models.distillation import KNOWN_FRAMES
from models.distillation.lowrank import trained
from models.recipes import DataMix
from models.training import methods
from models.training.methods import METHODS, add, shell, started
from models.training.shards import open_shards
from models.training.validation import Validation
from tests.models.training.conftest import TINY

KNOWN = METHODS["known"]


@pytest.fixture
def batch(index: Path):
    return open_shards(index).group("video-low", "train")[1].gather([0, 1, 2, 3])


def test_what_is_given_of_a_clip_takes_the_place_of_its_pictures(batch):
    latent = batch.pop("latent")
    chance = torch.tensor([[0.1, 0.5], [0.3, 0.5], [0.4, 0.5], [0.9, 0.5]])
    given = KNOWN.given(batch, latent, chance)
    assert "first" not in given
    assert "last" not in given
    known = given["known"]
    assert not known[0].any()
    assert torch.equal(known[1, :16, 0], batch["first"][1])
    assert torch.equal(known[2, :16, -1], batch["last"][2])
    assert torch.equal(known[3, :16, 0], latent[3, :, 0])
    assert METHODS["video"].given(batch, latent, chance) is batch


def test_validation_gives_the_first_picture_and_its_control_another_clips(index: Path):
    torch.manual_seed(0)
    network = Backbone(replace(TINY, known=True)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    seen = []
    network.embed.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    validation = Validation([DataMix(str(index), "video-low")], looks=1)
    own = validation.loss(lambda found: KNOWN.velocity(network, found))
    total = validation.sums(lambda found: KNOWN.velocity(network, found), exchanged=KNOWN.control)
    assert float(total[0] / total[1]) != pytest.approx(own)
    # Tokens hold channels outermost: the last four columns are the mask of pictures.
    assert (seen[0][:, : seen[0].shape[1] // 2, -4:] == 1).all()


def test_changes_are_added_to_the_weights_that_a_training_starts_from(tmp_path, recipe, monkeypatch):
    torch.manual_seed(0)
    teacher, later = Backbone(TINY), Backbone(replace(TINY, positions=(3, 6, 6)))
    save_backbone(teacher, tmp_path / "teacher")
    save_backbone(later, tmp_path / "later")
    changed = KNOWN_FRAMES.started(tmp_path / "teacher", 4)
    for value in trained(changed).values():
        torch.nn.init.normal_(value, std=0.1)
    KNOWN_FRAMES.save(changed, tmp_path / "teacher", 4, tmp_path / "known")
    monkeypatch.setattr(methods, "BACKBONE", tmp_path / "teacher")
    monkeypatch.setattr(methods, "KNOWN", tmp_path / "known")
    made = replace(
        recipe(),
        method="known",
        model=replace(later.config, known=True),
        init=str(tmp_path / "later"),
        changes="known",
    )
    network = shell(KNOWN, made)
    weights = {}
    for own in started(KNOWN, made, network):
        weights |= {name: value.detach().clone() for name, value in own.items()}
    known, before = KNOWN_FRAMES.load(tmp_path / "known", tmp_path / "teacher").state_dict(), teacher.state_dict()
    name = "blocks.0.attention.query.weight"
    torch.testing.assert_close(weights[name], later.state_dict()[name] + known[name] - before[name])
    columns = before["embed.weight"].shape[1]
    torch.testing.assert_close(weights["embed.weight"][:, columns:], known["embed.weight"][:, columns:])
    table = "positions.time_TD"
    difference = known[table] - before[table]
    expected = later.state_dict()[table] + torch.cat([difference, difference[-1:]])
    torch.testing.assert_close(weights[table], expected)


def test_a_change_of_another_size_is_refused():
    with pytest.raises(WeightsDoNotFit, match=r"embed: a change of \[2, 3\] does not fit a weight of \[2, 4\]"):
        add("embed", torch.zeros(2, 4), torch.zeros(2, 3))


def test_a_trained_network_for_known_frames_is_stored_as_one(tmp_path):
    save_backbone(Backbone(replace(TINY, known=True)), tmp_path)
    assert load_backbone(tmp_path).config.known
