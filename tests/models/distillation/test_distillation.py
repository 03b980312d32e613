from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from models.backbone import Backbone, WeightsDoNotFit, initialise_from, load_backbone, save_backbone
from models.backbone.storage import with_silent_inputs
from models.distillation import (
    JUMPS,
    KEPT,
    KNOWN_FRAMES,
    STUDENTS,
    TIMES,
    adapt,
    drawn_jumps,
    guided_path,
    jump_losses,
    merge,
    start_from,
)
from models.distillation.lowrank import trained
from models.recipes import BackboneConfig
from tests.models.texts import random_text

SMALL = BackboneConfig(layers=2, width=32, ffn=48, heads=2)
TIME = torch.tensor([0.2, 0.7])


def opened(network):
    """The network with nothing in it at zero."""
    for parameter in network.parameters():
        if not parameter.detach().any():
            nn.init.normal_(parameter, std=0.1)
    return network.eval()


@pytest.fixture
def teacher(tmp_path):
    torch.manual_seed(0)
    save_backbone(opened(Backbone(SMALL)), tmp_path / "teacher")
    return tmp_path / "teacher"


@pytest.fixture
def latent():
    return torch.randn(2, 16, 2, 4, 4, generator=torch.Generator().manual_seed(1))


def test_a_student_starts_as_its_teacher_whatever_the_span(teacher, latent):
    text = random_text(2, 5)
    student = STUDENTS.started(teacher, 4)
    expected = load_backbone(teacher)(latent, TIME, text)
    for span in (0.25, 1.0):
        torch.testing.assert_close(student(latent, TIME, text, span_B=torch.full((2,), span)), expected)


def test_training_changes_matrices_by_thin_products_and_leaves_the_text_alone(teacher):
    student = STUDENTS.started(teacher, 4)
    names = set(trained(student))
    assert not any(name.startswith("text.") for name in names)
    assert not any(name.endswith("original") for name in names)
    assert {"span.first.weight", "head.linear.bias", "blocks.0.table_6D"} <= names
    assert trained(student)["blocks.0.attention.query.parametrizations.weight.0.down"].shape == (4, 32)
    assert sum(value.numel() for value in trained(student).values()) < sum(
        p.numel() for p in Backbone(SMALL).parameters()
    )


def test_what_is_stored_is_read_back_as_an_ordinary_backbone(teacher, latent, tmp_path):
    text = random_text(2, 5)
    student = STUDENTS.started(teacher, 4)
    with torch.no_grad():
        for value in trained(student).values():
            value.copy_((value + 0.05 * torch.randn_like(value)).bfloat16())
    span = torch.tensor([0.5, 1.0])
    expected = student(latent, TIME, text, span_B=span)
    STUDENTS.save(student, teacher, 4, tmp_path / "student")
    read = STUDENTS.load(tmp_path / "student", teacher)
    torch.testing.assert_close(read(latent, TIME, text, span_B=span), expected)
    assert read.state_dict().keys() == Backbone(replace(SMALL, span=True)).state_dict().keys()
    assert not torch.allclose(read(latent, TIME, text, span_B=span.flip(0)), expected)


def test_a_student_of_another_teacher_is_refused(teacher, tmp_path):
    STUDENTS.save(STUDENTS.started(teacher, 4), teacher, 4, tmp_path / "student")
    torch.manual_seed(1)
    save_backbone(opened(Backbone(SMALL)), tmp_path / "other")
    with pytest.raises(WeightsDoNotFit, match="another teacher"):
        STUDENTS.load(tmp_path / "student", tmp_path / "other")
    with pytest.raises(WeightsDoNotFit, match="kind"):
        STUDENTS.load(teacher, teacher)


def test_a_network_for_known_frames_starts_as_its_teacher_and_is_kept_by_what_it_changes(teacher, latent, tmp_path):
    text = random_text(2, 5)
    model = KNOWN_FRAMES.started(teacher, 4)
    known = torch.randn(2, 18, 2, 4, 4)
    before = load_backbone(teacher)(latent, TIME, text)
    torch.testing.assert_close(model(latent, TIME, text), before)
    assert (model(latent, TIME, text, known_BKTHW=known) - before).abs().max() > 1e-2
    with torch.no_grad():
        for value in trained(model).values():
            value.copy_((value + 0.05 * torch.randn_like(value)).bfloat16())
    expected = model(latent, TIME, text, known_BKTHW=known)
    KNOWN_FRAMES.save(model, teacher, 4, tmp_path / "known")
    read = KNOWN_FRAMES.load(tmp_path / "known", teacher)
    torch.testing.assert_close(read(latent, TIME, text, known_BKTHW=known), expected)
    added = KNOWN_FRAMES.differences(tmp_path / "known", teacher)
    earlier = load_backbone(teacher).state_dict()
    for name, value in read.state_dict().items():
        before = with_silent_inputs(earlier[name], value.shape[1]) if name == "embed.weight" else earlier[name]
        torch.testing.assert_close(before + added[name], value)


def test_a_low_rank_change_is_its_formula_and_merges_into_the_matrix():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 5), nn.Linear(5, 2))
    before = network[0].weight.detach().clone()
    adapt(network, 2)
    change = network[0].parametrizations.weight[0]
    nn.init.normal_(change.up)
    merge(network)
    torch.testing.assert_close(network[0].weight, before + change.up @ change.down)
    assert network[1].weight.shape == (2, 5)  # no larger than the rank: trained as it is


class Field(nn.Module):
    """A velocity that needs no text: that of the path to a constant, with another one without text."""

    def forward(self, x, times, text):
        target = 2.0 if text else 1.0
        return (target - x) / (1 - times.reshape(-1, 1, 1, 1, 1))


def test_a_path_is_what_guidance_leads_to():
    noise = torch.randn(2, 3, 1, 2, 2)
    path = guided_path(Field(), noise, [1], [], 3.0)  # to 1 + 3 (2 - 1)
    assert path.shape == (2, len(KEPT), 3, 1, 2, 2)
    for place, time in enumerate(KEPT):
        torch.testing.assert_close(path[:, place], (1 - time) * noise + time * 4, atol=1e-4, rtol=1e-4)


def test_steps_of_a_teacher_stop_where_a_students_do():
    assert set(KEPT) <= set(TIMES)
    assert {KEPT[last] - KEPT[first] for first, last in JUMPS} == {0.25, 0.5, 1.0}


def test_a_student_that_jumps_right_has_no_loss():
    path = torch.randn(3, len(KEPT), 2, 1, 2, 2)
    first, last = drawn_jumps(3, np.random.default_rng(0))
    rows = torch.arange(3)
    way = path[rows, last] - path[rows, first]

    def right(x, times, spans):
        torch.testing.assert_close(x, path[rows, first])
        torch.testing.assert_close(times, torch.tensor(KEPT)[first])
        return way / spans.reshape(-1, 1, 1, 1, 1)

    torch.testing.assert_close(jump_losses(right, path, first, last), torch.zeros(3))
    off = jump_losses(lambda x, t, span: right(x, t, span) + 0.5, path, first, last)
    torch.testing.assert_close(off, torch.full((3,), 0.25))


def test_every_jump_is_drawn():
    first, last = drawn_jumps(300, np.random.default_rng(0))
    assert set(zip(first.tolist(), last.tolist(), strict=True)) == set(JUMPS)


def test_a_warm_start_takes_a_span_on_and_does_not_lose_it(teacher, latent, tmp_path):
    longer = Backbone(replace(SMALL, span=True))
    initialise_from(longer, teacher)
    text = random_text(2, 5)
    torch.testing.assert_close(longer(latent, TIME, text), load_backbone(teacher)(latent, TIME, text))
    save_backbone(longer, tmp_path / "span")
    with pytest.raises(WeightsDoNotFit, match="span condition would be lost"):
        initialise_from(Backbone(SMALL), tmp_path / "span")


def test_a_student_begins_with_an_earlier_ones_changes_where_they_fit(teacher, latent, tmp_path):
    earlier = STUDENTS.started(teacher, 4)
    for value in trained(earlier).values():
        nn.init.normal_(value, std=0.1)
    STUDENTS.save(earlier, teacher, 4, tmp_path / "earlier")
    later = load_backbone(teacher)
    with torch.no_grad():
        for parameter in later.parameters():
            parameter.mul_(1.01)
    later.grow((9, 4, 4))
    save_backbone(later, tmp_path / "later")
    student, plain = STUDENTS.started(tmp_path / "later", 4), trained(STUDENTS.started(tmp_path / "later", 4))
    fitted = start_from(student, tmp_path / "earlier", teacher)
    own, changes = trained(student), trained(earlier)
    assert fitted == len(own) - 1
    assert torch.equal(own["positions.time_TD"], plain["positions.time_TD"])
    up = next(name for name in own if name.endswith(".up"))
    torch.testing.assert_close(own[up], changes[up].bfloat16().float())
    table = "blocks.0.table_6D"
    before = load_backbone(teacher).state_dict()[table]
    torch.testing.assert_close(own[table], plain[table] + changes[table].bfloat16().float() - before)


def test_a_merged_student_is_an_ordinary_backbone(teacher, latent, tmp_path):
    student = STUDENTS.started(teacher, 4)
    for value in trained(student).values():
        nn.init.normal_(value, std=0.1)
    STUDENTS.save(student, teacher, 4, tmp_path / "student")
    merged = load_backbone(STUDENTS.merged(tmp_path / "student", teacher, tmp_path / "merged"))
    text, span = random_text(2, 5), torch.full((2,), 0.5)
    expected = STUDENTS.load(tmp_path / "student", teacher)(latent, TIME, text, span_B=span)
    torch.testing.assert_close(merged(latent, TIME, text, span_B=span), expected)
