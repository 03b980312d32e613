"""Communication of a step: each collective's bytes and seconds, over the links of a machine and between machines."""

from dataclasses import dataclass

from models.planning.gpus import Gpu
from models.planning.layout import Layout
from models.planning.parameters import count
from models.recipes import BackboneConfig

LINK_EFFICIENCY = 0.8  # of the data sheet's rate that a large collective reaches
LATENCY = 20e-6  # seconds a call, for each doubling of the ranks


@dataclass(frozen=True)
class Group:
    """Ranks that communicate, as they lie on the machines.

    Attributes:
        ranks: How many.
        inside: How many of them a machine holds.
    """

    ranks: int
    inside: int

    @classmethod
    def of(cls, ranks: int, stride: int, gpu: Gpu) -> "Group":
        """``ranks`` that lie ``stride`` apart."""
        return cls(ranks, max(1, min(ranks, gpu.node // stride)))

    @property
    def over(self) -> str:
        """What the slower part goes over."""
        return "link" if self.inside == self.ranks else "network"

    def gather_seconds(self, total: float, calls: float, gpu: Gpu) -> float:
        """All-gather (or reduce-scatter) of ``total`` bytes in all, by rings: each device's network port carries one.

        A device receives ``total (g-1)/g`` over its links; a machine receives what it lacks over the ports of those of
        its devices that take part.
        """
        if self.ranks == 1:
            return 0.0
        machines = self.ranks / self.inside
        link = total * (self.ranks - 1) / self.ranks / (gpu.link_gb_s * 1e9) if self.inside > 1 else 0.0
        network = total * (machines - 1) / machines / (self.inside * gpu.network_gbit_s * 1e9 / 8)
        return max(link, network) / LINK_EFFICIENCY + self._latency(calls)

    def exchange_seconds(self, own: float, calls: float, gpu: Gpu) -> float:
        """All-to-all in which every device holds ``own`` bytes and sends each of its peers an equal part."""
        if self.ranks == 1:
            return 0.0
        link = own * (self.inside - 1) / self.ranks / (gpu.link_gb_s * 1e9)
        network = own * (self.ranks - self.inside) / self.ranks / (gpu.network_gbit_s * 1e9 / 8)
        return max(link, network) / LINK_EFFICIENCY + self._latency(calls)

    def _latency(self, calls: float) -> float:
        return calls * LATENCY * (self.ranks - 1).bit_length()


@dataclass(frozen=True)
class Collective:
    """One kind of exchange in a step.

    Attributes:
        purpose: What it is for.
        kind: Of the collective.
        ranks: That take part.
        over: ``link`` (inside machines) or ``network``: what its slower part goes over.
        bytes: That one device receives in a step.
        seconds: In a step, alone.
        hidden: Whether it runs beside the arithmetic; else the arithmetic waits for it.
    """

    purpose: str
    kind: str
    ranks: int
    over: str
    bytes: float
    seconds: float
    hidden: bool


def collectives(
    config: BackboneConfig, layout: Layout, gpu: Gpu, passes: int, tokens_a_pass: float
) -> tuple[Collective, ...]:
    """Every exchange of a step.

    Args:
        config: Of the backbone.
        layout: Its parallelism; its micro-batch and accumulation are not read.
        gpu: Device and links.
        passes: Forward and backward passes a step.
        tokens_a_pass: Tokens that one device holds between the matrices in each.
    """
    found = [*_weights(config, layout, gpu, passes), *_tokens(config, layout, gpu, passes, tokens_a_pass)]
    return tuple(each for each in found if each.ranks > 1)


def _weights(config: BackboneConfig, layout: Layout, gpu: Gpu, passes: int) -> list[Collective]:
    """ZeRO: parameters gathered, gradients reduced."""
    parameters = count(config)
    group = Group.of(layout.shards, layout.tensor, gpu)
    size = gpu.value_bytes * parameters.of_rank(layout.tensor)
    layers = config.layers + 1  # a message a block, and one for what all share
    share = (group.ranks - 1) / group.ranks

    def part(purpose: str, kind: str, times: float) -> Collective:
        return Collective(
            purpose, kind, group.ranks, group.over, times * size * share,
            group.gather_seconds(times * size, times * layers, gpu), hidden=True,
        )  # fmt: skip

    if layout.zero == 0:
        # Reduced once a step, in two halves: a reduce-scatter and an all-gather.
        return [part("gradients", "all-reduce", 2)]
    gather = part("parameters", "all-gather", 2 * passes if layout.zero == 3 else 1)
    scatter = part("gradients", "reduce-scatter", passes if layout.zero >= 2 else 1)
    return [gather, scatter]


def _tokens(config: BackboneConfig, layout: Layout, gpu: Gpu, passes: int, tokens_a_pass: float) -> list[Collective]:
    """Exchanges inside a sample: of tensor parallelism, Ulysses, and context parallelism.

    A block's forward pass happens again where it is recomputed.
    """
    forward = passes * (config.layers + layout.recomputed)
    backward = passes * config.layers
    row = gpu.value_bytes * config.width * tokens_a_pass
    tensor = Group.of(layout.tensor, 1, gpu)
    ulysses = Group.of(layout.ulysses, layout.tensor, gpu)
    context = Group.of(layout.context, layout.tensor * layout.ulysses, gpu)
    # Three all-gathers before and three reduce-scatters after attention, cross-attention and feed-forward; mirrored.
    tensor_calls = 6 * (forward + backward)
    # Queries, keys, values, results: four exchanges, and four of their gradients.
    ulysses_calls = 4 * (forward + backward)
    # Keys and values gathered forward, again in the backward pass (kept, they would cost memory in every block), and
    # their gradients scattered.
    context_calls = 2 * (forward + 2 * backward)
    return [
        Collective(
            "tokens for matrices", "all-gather, reduce-scatter", tensor.ranks, tensor.over,
            tensor_calls * row * (tensor.ranks - 1),
            tensor.gather_seconds(tensor_calls * row * tensor.ranks, tensor_calls, gpu), hidden=False,
        ),
        Collective(
            "tokens for heads", "all-to-all", ulysses.ranks, ulysses.over,
            ulysses_calls * row * (ulysses.ranks - 1) / ulysses.ranks,
            ulysses.exchange_seconds(ulysses_calls * row, ulysses_calls, gpu), hidden=False,
        ),
        Collective(
            "keys and values", "all-gather, reduce-scatter", context.ranks, context.over,
            context_calls * row * (context.ranks - 1),
            context.gather_seconds(context_calls * row * context.ranks, context_calls, gpu), hidden=False,
        ),
    ]  # fmt: skip
