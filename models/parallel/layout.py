"""Layouts: how the ranks of a training share its samples, tokens and heads."""

from dataclasses import dataclass

from models.recipes import AudioConfig, BackboneConfig


class LayoutDoesNotFit(ValueError):
    """A layout that a network, a latent or a number of ranks does not allow; the message says what does not divide."""


@dataclass(frozen=True)
class Layout:
    """Ranks along four axes; their product is the world size.

    Attributes:
        data: Groups of ranks with samples of their own.
        context: Ranks that hold a share of the tokens and gather all keys and values (Movie Gen 3.1.6).
        ulysses: Ranks that hold a share of the tokens and exchange them for heads around attention (DeepSpeed Ulysses,
            arXiv 2309.14509).
        tensor: Ranks that hold a share of each matrix; between the matrices each holds a share of the tokens
            (sequence parallelism of Megatron, arXiv 2205.05198).
    """

    data: int = 1
    context: int = 1
    ulysses: int = 1
    tensor: int = 1

    def __post_init__(self) -> None:
        for axis in ("data", "context", "ulysses", "tensor"):
            if getattr(self, axis) < 1:
                raise LayoutDoesNotFit(f"{axis} is {getattr(self, axis)}: an axis has at least one rank")

    @property
    def world_size(self) -> int:
        """All ranks."""
        return self.data * self.replica

    @property
    def replica(self) -> int:
        """Ranks that work on the same samples: the tokens are cut into so many shares."""
        return self.context * self.ulysses * self.tensor

    def check(self, config: BackboneConfig | AudioConfig, world_size: int) -> None:
        """Whether a network can be laid out so.

        Raises:
            LayoutDoesNotFit: Heads or feed-forward width do not divide, or the axes do not make the world size.
        """
        if self.world_size != world_size:
            raise LayoutDoesNotFit(f"{self} takes {self.world_size} ranks, there are {world_size}")
        if config.heads % (self.tensor * self.ulysses):
            raise LayoutDoesNotFit(
                f"{config.heads} heads do not divide over tensor {self.tensor} x ulysses {self.ulysses}: "
                "use context parallelism, which needs no heads"
            )
        if config.ffn % self.tensor:
            raise LayoutDoesNotFit(f"a feed-forward width of {config.ffn} does not divide over tensor {self.tensor}")

    def share(self, tokens: int) -> int:
        """Tokens that each rank holds.

        Raises:
            LayoutDoesNotFit: They do not divide.
        """
        if tokens % self.replica:
            raise LayoutDoesNotFit(
                f"{tokens} tokens do not divide over context {self.context} x ulysses {self.ulysses} x tensor "
                f"{self.tensor} ranks: choose buckets whose tokens are a multiple of {self.replica}"
            )
        return tokens // self.replica
