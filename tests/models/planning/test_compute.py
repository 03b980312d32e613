from dataclasses import replace

import pytest

from models.planning.compute import ATTENTION_EFFICIENCY, MATRIX_EFFICIENCY, Work, step_time
from models.planning.flops import of_sample
from models.planning.gpus import GPUS
from models.planning.layout import Layout
from models.planning.memory import Sample
from models.presets import PAPER_TEXT, PRESETS
from models.recipes import BackboneConfig

H100 = GPUS["h100-80g"]
CONFIG = PRESETS["5b"]()
WORK = Work(Sample(8_192, 656), own=4, micro=2)


def test_operations_of_a_step_are_those_of_its_samples():
    flops = of_sample(CONFIG, 8_192, 656)
    step = step_time(CONFIG, Layout(3, data=16, micro_batch=2, accumulation=2), H100, WORK)
    assert step.useful == step.executed == pytest.approx(64 * flops.training)


def test_recomputing_every_block_adds_a_forward_pass_of_the_blocks():
    flops = of_sample(CONFIG, 8_192, 656)
    layout = Layout(3, data=16, micro_batch=2, accumulation=2)
    plain, again = (step_time(CONFIG, replace(layout, recomputed=n), H100, WORK) for n in (0, CONFIG.layers))
    assert again.useful == plain.useful
    assert again.executed - plain.executed == pytest.approx(64 * (flops.blocks + flops.attention))
    assert again.matrices / plain.matrices == pytest.approx(4 / 3, rel=0.01)
    assert again.mfu(16, H100) < plain.mfu(16, H100)


def test_no_step_beats_the_assumed_efficiencies():
    step = step_time(CONFIG, Layout(data=1, micro_batch=2, accumulation=2), H100, WORK)
    assert step.exposed == 0
    assert min(MATRIX_EFFICIENCY, ATTENTION_EFFICIENCY) / 2 < step.mfu(1, H100) < MATRIX_EFFICIENCY


def test_exchanges_that_nothing_hides_are_waited_for():
    layout = Layout(3, tensor=8, data=2, micro_batch=2, accumulation=2)
    step = step_time(CONFIG, layout, H100, WORK)
    waited = sum(each.seconds for each in step.collectives if not each.hidden)
    assert waited > 0
    assert step.exposed >= waited


def test_a_published_training_comes_out_as_it_was_measured():
    """NVIDIA NeMo DFM, performance summary: Wan 2.1 14B, 37,440 tokens, 128 H100, TP 2, CP 4: 325.77 TFLOP/s a GPU.

    Eight of its forty blocks are recomputed; its feed-forward has two matrices of 13,824, ours three of 9,216.
    """
    config = BackboneConfig(layers=40, width=5_120, ffn=9_216, heads=40, text=PAPER_TEXT, positions=(32, 64, 64))
    layout = Layout(1, tensor=2, context=4, data=16, accumulation=8, recomputed=8)
    step = step_time(config, layout, H100, Work(Sample(37_440, 512), own=8, micro=1))
    assert step.mfu(128, H100) * H100.tflops == pytest.approx(325.77, rel=0.1)
