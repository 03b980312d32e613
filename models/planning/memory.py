"""Memory of one device, by cause, at the worst moment of a step."""

from collections.abc import Iterator
from dataclasses import dataclass

from models.planning.gpus import Gpu
from models.planning.layout import Layout
from models.planning.parameters import Parameters, count
from models.recipes import BackboneConfig

FLOAT = 4  # bytes of float32: optimizer states, averages and reduced gradients

# What a block keeps of each token for its backward pass, and what its backward pass holds besides; counted on
# models.backbone.block, operation by operation: see docs/planner.md.
KEPT_WIDTHS = 16
MODULATED_NORMS = 2  # of which are what the modulated norms make before their scale
KEPT_HIDDEN = 4
PASSING_WIDTHS = 2
PASSING_HIDDEN = 2
LATENT_COPIES = 5  # alive at once, in float32: data, noise, patches of X_t, error, gradient of the prediction


@dataclass(frozen=True)
class Sample:
    """What passes through the network: a bucket's samples with their text.

    Attributes:
        tokens: Of a sample.
        text_tokens: Of its text.
    """

    tokens: int
    text_tokens: int


@dataclass(frozen=True)
class Memory:
    """Bytes of one device at its worst moment, by cause."""

    moment: str
    causes: dict[str, float]

    @property
    def total(self) -> float:
        """Bytes in all."""
        return sum(self.causes.values())


def memory(config: BackboneConfig, layout: Layout, gpu: Gpu, sample: Sample) -> Memory:
    """The worst of three moments: the backward pass at its fullest, its end, and the update of the weights."""
    return max(_moments(config, layout, gpu, sample), key=lambda moment: moment.total)


def _moments(config: BackboneConfig, layout: Layout, gpu: Gpu, sample: Sample) -> Iterator[Memory]:
    parameters = count(config)
    constant = states(parameters, layout, gpu)
    acts = Activations(config, layout, gpu, sample)
    around = {
        **acts.exchange,
        "inputs and outputs": acts.io,
        "runtime": gpu.runtime,
        "fragmentation reserve": gpu.reserve * gpu.memory,
    }
    working = _working(parameters, layout, gpu)
    for left in {config.layers, config.layers - layout.recomputed, layout.recomputed, 1}:
        # Blocks above ``left`` are done: their activations are gone, their gradients are there.
        gradients = gradient_bytes(parameters, layout, gpu, config.layers - left)
        live = {"gradients": gradients, "activations": acts.until(left)}
        yield Memory("backward pass", {**constant, **working, **live, **around})
    finished = {"gradients": gradient_bytes(parameters, layout, gpu, config.layers + 1)}
    yield Memory("update", {**constant, **finished, "update": _update(parameters, layout), **around})


def states(parameters: Parameters, layout: Layout, gpu: Gpu) -> dict[str, float]:
    """What stays from step to step: parameters, optimizer states, averaged weights.

    AdamW keeps two float32 numbers a parameter, and a float32 master copy where the parameters are bfloat16; the
    average is float32.
    """
    held = parameters.of_rank(layout.tensor)
    shared = held / layout.shards if layout.zero >= 1 else held
    master = FLOAT if gpu.value_bytes < FLOAT else 0
    return {
        "parameters": gpu.value_bytes * (held / layout.shards if layout.zero == 3 else held),
        "optimizer states": (2 * FLOAT + master) * shared,
        "averaged weights": FLOAT * shared,
    }


def gradient_bytes(parameters: Parameters, layout: Layout, gpu: Gpu, blocks: int) -> float:
    """Gradients once the backward pass of so many blocks is done, counted from the last; one more means of all.

    Sharded ones have their place from the start, in float32. Unsharded ones come into being in the backward pass,
    or stay from the pass before where passes are accumulated.
    """
    held = parameters.of_rank(layout.tensor)
    if layout.zero >= 2:
        return FLOAT * held / layout.shards
    if layout.accumulation > 1 or blocks > parameters.layers:
        return gpu.value_bytes * held
    return gpu.value_bytes * blocks * parameters.of_block(layout.tensor)


def _working(parameters: Parameters, layout: Layout, gpu: Gpu) -> dict[str, float]:
    """Whole parameters and gradients that sharding needs for a while: two blocks', and what all blocks share."""
    block = parameters.of_block(layout.tensor)
    gathered = 2 * block + parameters.shared if layout.zero == 3 else 0.0
    reduced = 2 * block if layout.zero >= 2 else 0.0
    return {"gathered parameters": gpu.value_bytes * gathered, "unreduced gradients": gpu.value_bytes * reduced}


def _update(parameters: Parameters, layout: Layout) -> float:
    """Two float32 temporaries of AdamW: of the flat shard, or of the largest tensor where nothing is sharded."""
    held = parameters.of_rank(layout.tensor) / layout.shards if layout.zero >= 1 else parameters.largest
    return 2 * FLOAT * held


@dataclass(frozen=True)
class Activations:
    """Bytes of a micro-batch's activations on one device."""

    config: BackboneConfig
    layout: Layout
    gpu: Gpu
    sample: Sample

    @property
    def tokens(self) -> float:
        """Tokens that one device holds between the matrices, of all samples of its micro-batch."""
        return self.layout.micro_batch * -(-self.sample.tokens // self.layout.sequence)

    @property
    def text(self) -> float:
        """Text tokens, which every rank of a sample holds."""
        return self.layout.micro_batch * self.sample.text_tokens

    @property
    def row(self) -> float:
        """Bytes of one number a token at the model's width."""
        return self.gpu.value_bytes * self.config.width

    @property
    def kept(self) -> float:
        """What a block keeps where nothing is recomputed."""
        config, layout = self.config, self.layout
        widths = KEPT_WIDTHS - (MODULATED_NORMS if self.gpu.modulated_norms else 0)
        # Tensor parallelism gathers the inputs of self-attention, of cross-attention's queries and of the feed-forward.
        gathered = 3 * (layout.tensor - 1)
        a_token = (widths + gathered) * config.width + KEPT_HIDDEN * config.ffn
        softmax = 2 * FLOAT * config.heads  # the logarithm of the normaliser, of both attentions
        text = 2 * config.width / layout.tensor  # keys and values
        return self.tokens * (self.gpu.value_bytes * a_token + softmax) + self.text * self.gpu.value_bytes * text

    @property
    def passing(self) -> float:
        """What the backward pass of one block holds besides."""
        return (
            self.tokens * self.gpu.value_bytes * (PASSING_WIDTHS * self.config.width + PASSING_HIDDEN * self.config.ffn)
        )

    @property
    def around(self) -> float:
        """Outside the blocks: text states before and after their norm, positions and their gradient.

        What the head keeps is gone before the backward pass of the last block is at its fullest.
        """
        positions = 2 * self.tokens / self.layout.micro_batch
        return self.row * (2 * self.text + positions)

    def until(self, left: int) -> float:
        """While the last of the first ``left`` blocks is in its backward pass."""
        recomputed = min(self.layout.recomputed, left)
        inputs = recomputed * self.tokens * self.row
        whole = max(left - recomputed, 1 if recomputed else 0)
        return inputs + whole * self.kept + self.passing + self.around

    @property
    def exchange(self) -> dict[str, float]:
        """Buffers of the exchanges between the ranks of a sample, by cause.

        Tensor parallelism: one gathered input and one gradient to be scattered. Ulysses: queries, keys, values and
        results, sent and received. Context: keys and values of all its ranks, and their gradients.
        """
        layout, row = self.layout, self.tokens * self.row
        return {
            "tokens gathered for matrices": 2 * layout.tensor * row if layout.tensor > 1 else 0.0,
            "tokens exchanged for heads": 8 * row if layout.ulysses > 1 else 0.0,
            "gathered keys and values": 4 * layout.context * row if layout.context > 1 else 0.0,
        }

    @property
    def io(self) -> float:
        """Latents in float32 and text states as they come."""
        latents = LATENT_COPIES * self.tokens * self.config.latent_channels * self.config.patch**2
        return FLOAT * latents + self.gpu.value_bytes * self.text * self.config.text.mean_width
