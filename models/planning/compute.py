"""Time of a step: arithmetic at assumed efficiencies, memory traffic, and exchanges that arithmetic cannot hide."""

import math
from dataclasses import dataclass

from models.planning.communication import Collective, collectives
from models.planning.flops import of_sample
from models.planning.gpus import Gpu
from models.planning.layout import Layout
from models.planning.memory import Sample
from models.planning.parameters import count
from models.recipes import BackboneConfig

# Of the data sheet's rate. Less than the best kernels reach alone: with these a published training of a 14B video model
# comes out as it was measured (docs/planner.md).
MATRIX_EFFICIENCY = 0.60
ATTENTION_EFFICIENCY = 0.40
MEMORY_EFFICIENCY = 0.80
HIDING = 0.80  # share of the arithmetic beside which weights can travel
ATTENTION_BACKWARD = 2.5  # attention kernels compute the scores again: five products backward for two forward
ELEMENTWISE_WIDTHS = 27  # numbers a token read and written outside matrix products in a block's forward pass, x width
ELEMENTWISE_HIDDEN = 5  # and x feed-forward width
UPDATE_BYTES = 40  # read and written a parameter by AdamW and the average, in float32


@dataclass(frozen=True)
class Work:
    """What every rank does in one step: the same bucket as its peers.

    Attributes:
        sample: Bucket.
        own: Samples of a group of ranks that share them.
        micro: Of these in one pass; the last pass may have fewer.
    """

    sample: Sample
    own: int
    micro: int

    @property
    def passes(self) -> int:
        """Forward and backward passes."""
        return math.ceil(self.own / self.micro)


@dataclass(frozen=True)
class StepTime:
    """Seconds of a step by what they go into, and what it did.

    Attributes:
        matrices, attention, elementwise, update: Arithmetic and memory traffic.
        exposed: Communication that the arithmetic waits for.
        useful: Operations of the step on all devices that MFU counts (nothing recomputed).
        executed: Operations with those that recomputing adds.
        collectives: Of the step.
    """

    matrices: float
    attention: float
    elementwise: float
    update: float
    exposed: float
    useful: float
    executed: float
    collectives: tuple[Collective, ...]

    @property
    def seconds(self) -> float:
        """Of the whole step."""
        return self.matrices + self.attention + self.elementwise + self.update + self.exposed

    def mfu(self, gpus: int, gpu: Gpu) -> float:
        """Useful operations over what ``gpus`` devices could do in the time."""
        return self.useful / (self.seconds * gpus * gpu.tflops * 1e12)


def step_time(config: BackboneConfig, layout: Layout, gpu: Gpu, work: Work) -> StepTime:
    """Time of one optimizer step.

    Matrix products take the longer of their arithmetic and of reading their weights once a pass.
    """
    flops = of_sample(config, work.sample.tokens, work.sample.text_tokens)
    again = layout.recomputed / config.layers
    own = work.own / layout.sequence  # what one device does of it
    peak, bandwidth = gpu.tflops * 1e12, gpu.memory_tb_s * 1e12 * MEMORY_EFFICIENCY
    outside = 3 * flops.rest + 2 * flops.first
    matrices = own * ((3 + again) * flops.blocks + outside) / (peak * MATRIX_EFFICIENCY)
    held = count(config).of_rank(layout.tensor)
    reading = work.passes * (3 + again) * gpu.value_bytes * held / bandwidth
    attention = own * (1 + again + ATTENTION_BACKWARD) * flops.attention / (peak * ATTENTION_EFFICIENCY)
    tokens = own * work.sample.tokens
    a_token = gpu.value_bytes * config.layers * (ELEMENTWISE_WIDTHS * config.width + ELEMENTWISE_HIDDEN * config.ffn)
    elementwise = tokens * (3 + again) * a_token / bandwidth
    update = UPDATE_BYTES * held / (layout.shards if layout.zero >= 1 else 1) / bandwidth
    arithmetic = max(matrices, reading) + attention + elementwise
    exchanged = collectives(config, layout, gpu, work.passes, tokens / work.passes)
    waiting = sum(each.seconds for each in exchanged if not each.hidden)
    beside = sum(each.seconds for each in exchanged if each.hidden)
    samples = work.own * layout.data
    return StepTime(
        matrices=max(matrices, reading),
        attention=attention,
        elementwise=elementwise,
        update=update,
        exposed=waiting + max(0.0, beside - HIDING * arithmetic),
        useful=samples * flops.training,
        executed=samples * (flops.training + again * (flops.blocks + flops.attention)),
        collectives=exchanged,
    )
