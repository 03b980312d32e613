"""Layouts: how a training is laid over devices."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from models.planning.gpus import Gpu
from models.recipes import BackboneConfig

Zero = Literal[0, 1, 2, 3]
ZERO: tuple[Zero, ...] = (0, 1, 2, 3)


@dataclass(frozen=True)
class Layout:
    """One way to lay a training over devices. Neighbours share a tensor group, then a sequence, then the data.

    Attributes:
        zero: What is sharded over data and sequence ranks: 0 nothing, 1 optimizer states (and average), 2 gradients
            too, 3 parameters too.
        tensor: Ranks that share every matrix of a block, and the tokens between the matrices (tensor and sequence
            parallelism).
        ulysses: Ranks that exchange tokens for heads around self-attention.
        context: Ranks that gather each other's keys and values for self-attention.
        data: Ranks, or groups of them, with samples of their own.
        micro_batch: Samples of the largest bucket in one forward and backward pass of a group.
        accumulation: Such passes a step.
        recomputed: Blocks that keep only their inputs and run again in the backward pass.
    """

    zero: Zero = 0
    tensor: int = 1
    ulysses: int = 1
    context: int = 1
    data: int = 1
    micro_batch: int = 1
    accumulation: int = 1
    recomputed: int = 0

    @property
    def sequence(self) -> int:
        """Ranks that share a sample."""
        return self.tensor * self.ulysses * self.context

    @property
    def gpus(self) -> int:
        """Ranks in all."""
        return self.sequence * self.data

    @property
    def shards(self) -> int:
        """Ranks over which ZeRO shards."""
        return self.ulysses * self.context * self.data

    @property
    def batch(self) -> int:
        """Global samples a step of the largest bucket."""
        return self.data * self.micro_batch * self.accumulation


@dataclass(frozen=True)
class Pins:
    """What a layout must be; ``None`` leaves it to the planner."""

    zero: int | None = None
    tensor: int | None = None
    ulysses: int | None = None
    context: int | None = None
    micro_batch: int | None = None

    def allow(self, layout: Layout) -> bool:
        """Whether the layout is as pinned."""
        return all(
            wanted is None or wanted == getattr(layout, name)
            for name, wanted in (
                ("zero", self.zero),
                ("tensor", self.tensor),
                ("ulysses", self.ulysses),
                ("context", self.context),
                ("micro_batch", self.micro_batch),
            )
        )


@dataclass(frozen=True)
class Space:
    """The layouts that are legal for a model, a batch and a number of devices.

    Heads divide by tensor times ulysses, the feed-forward width by tensor, the tokens of every bucket by all axes of a
    sequence (else ``models.parallel`` refuses the layout). Tensor groups lie inside a machine, a sequence takes no more
    devices than there are, and the batch divides by the data ranks: of these there are as many as can be, and devices
    beyond that stay idle.

    Attributes:
        tokens: A common divisor of all buckets' tokens; 0 is one of any.
        context: Most ranks that gather each other's keys and values; every one more holds them all.
    """

    config: BackboneConfig
    gpu: Gpu
    gpus: int
    batch: int
    pins: Pins = field(default_factory=Pins)
    tokens: int = 0
    context: int = 8

    def layouts(self, *, smallest: bool = False) -> Iterator[Layout]:
        """All of them, with nothing recomputed; ``smallest``: of the micro-batches only 1."""
        for tensor in _powers(self.gpu.node):
            for ulysses in _powers(self.config.heads):
                if self.config.heads % (tensor * ulysses) or self.config.ffn % tensor:
                    continue
                for context in _powers(self.context):
                    shared = tensor * ulysses * context
                    if shared <= self.gpus and self.tokens % shared == 0:
                        yield from self._with_data(tensor, ulysses, context, smallest)

    def _with_data(self, tensor: int, ulysses: int, context: int, smallest: bool) -> Iterator[Layout]:
        groups = self.gpus // (tensor * ulysses * context)
        data = max(count for count in range(1, min(groups, self.batch) + 1) if self.batch % count == 0)
        own = self.batch // data
        for micro in (each for each in _powers(own) if own % each == 0):
            for zero in ZERO:
                if zero and ulysses * context * data == 1:
                    continue  # nobody to share with
                layout = Layout(zero, tensor, ulysses, context, data, micro, own // micro)
                if self.pins.allow(layout) and (micro == 1 or not smallest or self.pins.micro_batch is not None):
                    yield layout


def _powers(limit: int) -> Iterator[int]:
    """1, 2, 4, ... up to ``limit``."""
    value = 1
    while value <= limit:
        yield value
        value *= 2
