import pytest

from models import parallel
from models.curriculum import STAGES
from models.planning.errors import NoPlan
from models.planning.gpus import GPUS
from models.planning.layout import Pins
from models.planning.plan import make_plan


@pytest.fixture(scope="module")
def longest():
    return make_plan("30b", "joint-768", "h100-80g", 6_144, pins=Pins(tensor=4, ulysses=1, context=2))


@pytest.mark.parametrize(
    ("stage", "gpus", "pins"),
    [
        ("image-256", 1_536, Pins()),
        ("joint-256", 6_144, Pins(tensor=4, ulysses=1, context=1)),
        ("joint-768", 6_144, Pins(tensor=4, ulysses=1, context=2)),
    ],
)
def test_the_paper_s_stages_fit_and_take_the_days_that_their_operations_imply(stage, gpus, pins):
    """Operations of the published iterations over what the devices do at an MFU between 25% and 60%."""
    plan = make_plan("30b", stage, "h100-80g", gpus, pins=pins)
    assert all(phase.choice.memory.total <= plan.gpu.memory for phase in plan.phases)
    operations = sum(phase.phase.iterations * phase.useful for phase in plan.phases)
    at_peak = operations / (gpus * 989e12) / 86_400
    assert at_peak / 0.6 <= plan.days <= at_peak / 0.25
    assert all(0.25 <= phase.mfu(plan.gpu) <= 0.6 for phase in plan.phases)


def test_steps_of_all_buckets_are_balanced_and_take_whole_samples_of_every_rank(longest):
    phase = longest.phases[0]
    assert len(phase.turns) == 30
    assert sum(turn.share for turn in phase.turns) == pytest.approx(1)
    for turn in phase.turns:
        assert abs(turn.off) <= 0.1
        assert turn.batch % phase.choice.layout.data == 0
        assert turn.micro_batch * turn.passes >= turn.batch // phase.choice.layout.data


def test_a_step_holds_about_the_published_tokens(longest):
    first, second = longest.phases
    assert first.tokens == pytest.approx(1_536 * 73_728, rel=0.05)
    assert second.tokens == pytest.approx(512 * 73_728, rel=0.1)


def test_a_batch_that_cannot_reach_every_device_leaves_some_idle_and_they_are_paid(longest):
    second = longest.phases[1]
    assert second.choice.layout.gpus == 4_096
    assert longest.cost == pytest.approx(longest.days * 24 * 6_144 * GPUS["h100-80g"].price)


def test_a_given_price_is_no_assumption():
    plan = make_plan("5b", "image-256", "h100-80g", 64, price=1.0)
    assert plan.cost == pytest.approx(plan.days * 24 * 64)
    assert not plan.price_assumed


def test_twice_the_devices_take_about_half_the_days():
    few, many = (make_plan("5b", "joint-256", "h100-80g", gpus).days for gpus in (192, 384))
    assert many == pytest.approx(few / 2, rel=0.1)


def test_the_json_holds_every_part(longest):
    told = longest.as_json()
    assert told.keys() == {
        *("preset", "stage", "gpu", "gpus", "parameters", "tokens_per_sample", "text_tokens"),
        *("days", "cost_usd", "price_usd_per_gpu_hour", "price_assumed", "phases"),
    }
    assert told["parameters"]["core"] == 28_991_029_248
    assert told["tokens_per_sample"] == 73_728
    for phase in told["phases"]:
        assert phase.keys() == {
            *("iterations", "batch", "layout", "gpus_idle", "memory_bytes", "activation_bytes", "flops_per_sample"),
            *("flops_per_step", "flops_per_step_with_recomputed", "tokens_per_step"),
            *("seconds_per_step", "seconds_of_largest_bucket", "mfu", "days"),
            *("communication", "buckets"),
        }
        need = phase["memory_bytes"]
        causes = {name: size for name, size in need.items() if name not in {"moment", "total", "device"}}
        assert need["total"] == pytest.approx(sum(causes.values()))
        assert {"parameters", "gradients", "optimizer states", "averaged weights", "activations"} <= causes.keys()
        assert phase["activation_bytes"]["all_recomputed"] < causes["activations"]
        assert phase["activation_bytes"]["nothing_recomputed"] > causes["activations"]


@pytest.mark.parametrize("pins", [Pins(), Pins(tensor=4, context=2), Pins(tensor=4), Pins(ulysses=4)])
@pytest.mark.parametrize(("preset", "gpus"), [("5b", 64), ("30b", 6_144)])
@pytest.mark.parametrize("stage", STAGES)
def test_the_runtime_takes_every_layout_that_is_chosen(stage, preset, gpus, pins):
    if pins.context and stage != "joint-768":
        with pytest.raises(NoPlan, match="the tokens of every bucket"):
            make_plan(preset, stage, "h100-80g", gpus, pins=pins)
        return
    plan = make_plan(preset, stage, "h100-80g", gpus, pins=pins)
    for phase in plan.phases:
        chosen = phase.choice.layout
        layout = parallel.Layout(chosen.data, chosen.context, chosen.ulysses, chosen.tensor)
        layout.check(plan.config, chosen.gpus)
        for bucket in plan.stage.buckets:
            assert layout.share(bucket.tokens) * chosen.sequence == bucket.tokens


@pytest.mark.parametrize(
    "names", [("7b", "joint-768", "h100-80g"), ("30b", "joint-512", "h100-80g"), ("30b", "joint-768", "v100")]
)
def test_an_unknown_name_is_told_with_those_there_are(names):
    with pytest.raises(NoPlan, match=r"is called .*; there are: "):
        make_plan(*names, 8)
