import re

import pytest

from models.curriculum import STAGES
from models.planning.errors import NoPlan
from models.planning.gpus import GIB, GPUS
from models.planning.layout import Pins
from models.planning.search import Problem, least_memory, search, smallest_fleet
from models.presets import PRESETS


def problem(gpus, preset="30b", stage="joint-768", gpu="h100-80g", **pins):
    chosen = STAGES[stage]
    config = chosen.fitted(PRESETS[preset]())
    return Problem(preset, config, chosen, chosen.phases[0], GPUS[gpu], gpus, Pins(**pins))


def test_what_is_chosen_fits_and_one_block_fewer_would_not():
    wanted = problem(6_144, tensor=4, context=2, ulysses=1)
    choice = search(wanted)
    assert choice.memory.total <= wanted.gpu.memory
    assert 0 < choice.layout.recomputed < 48
    from dataclasses import replace

    fewer = replace(choice.layout, recomputed=choice.layout.recomputed - 1)
    assert wanted.memory(fewer).total > wanted.gpu.memory


def test_nothing_that_fits_is_faster():
    wanted = problem(64, "5b", "joint-256")
    choice = search(wanted)
    best = wanted.time(choice.layout).seconds
    fitting = [each for each in wanted.space.layouts() if wanted.memory(each).total <= wanted.gpu.memory]
    assert fitting
    assert all(wanted.time(each).seconds >= best for each in fitting)
    assert choice.runner_up is not None
    assert choice.runner_up[1] >= best


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("preset", ["5b", "30b"])
def test_more_devices_never_need_more_memory(preset, stage):
    needs = []
    for gpus in (1, 2, 4, 8, 16, 64, 256, 1_024, 6_144):
        found = least_memory(problem(gpus, preset, stage))
        assert found is not None
        needs.append(found[1].total)
    assert needs == sorted(needs, reverse=True)


def test_a_refusal_names_the_largest_cause_and_the_smallest_fleet_that_fits():
    with pytest.raises(
        NoPlan, match=r"needs 9\d\.\d GiB on each of them, of 79\.6; most of it is optimizer states"
    ) as no:
        search(problem(8))
    fleet = int(re.search(r"What would fit: (\d+) x h100-80g", str(no.value)).group(1))
    assert search(problem(fleet)).memory.total <= 79.6 * GIB
    with pytest.raises(NoPlan):
        search(problem(fleet - 8))


def test_a_refusal_names_a_smaller_stage_where_that_would_do():
    pinned = {"ulysses": 1, "context": 1, "tensor": 1}
    with pytest.raises(NoPlan, match=r"most of it is activations.*stage joint-256 on these"):
        search(problem(64, "5b", gpu="rtx-4090-24g", **pinned))


def test_what_no_number_of_devices_can_hold_is_said_to_be_so():
    pinned = {"zero": 0, "tensor": 1}
    assert smallest_fleet(problem(8, gpu="rtx-4090-24g", **pinned)) is None
    with pytest.raises(NoPlan, match="no number of these does"):
        search(problem(8, gpu="rtx-4090-24g", **pinned))


def test_a_micro_batch_that_is_too_large_is_refused_with_a_word_that_it_was_pinned():
    assert search(problem(64)).layout.micro_batch == 1
    with pytest.raises(NoPlan, match=r"most of it is activations.*these, with less pinned"):
        search(problem(64, micro_batch=8, tensor=1, ulysses=1, context=1, zero=3))


def test_illegal_pins_are_refused_with_the_rules():
    with pytest.raises(NoPlan, match=r"heads \(48\) must divide"):
        search(problem(64, tensor=16))
