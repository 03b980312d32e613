"""The backbone: one flow-matching transformer for images (one frame) and videos.

Shapes: B batch, C latent channels, T latent frames, H W latent height and width, S text tokens, K reference tokens,
N video tokens, D width.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from models.backbone.block import Block, SwiGLU
from models.backbone.errors import LatentDoesNotFit
from models.backbone.initialisation import initialise
from models.backbone.patches import from_patches, to_patches
from models.backbone.positions import Positions
from models.backbone.reference import ReferenceEncoder
from models.backbone.text import Text, TextTokens
from models.backbone.time import Head, Modulation, TimeEmbedding
from models.recipes import KNOWN_MASKS, BackboneConfig


class Backbone(nn.Module):
    """Velocity of a noised latent at a flow time, given text (Movie Gen 3.1.3).

    A LLaMa 3 transformer with three changes: cross-attention to text, adaptive norms from the time, attention in both
    directions. It is a plain single-device module: parallelism, checkpointing and compilation are applied from
    outside, block by block.

    Args:
        config: Sizes, and which conditions beside text there are.
    """

    def __init__(self, config: BackboneConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        patch_channels = config.latent_channels * config.patch**2
        self.embed = nn.Linear(config.input_channels * config.patch**2, width, bias=False)
        self.positions = Positions(config.positions, width)
        self.time = TimeEmbedding(width)
        self.span = TimeEmbedding(width) if config.span else None
        self.modulation = Modulation(width, 6)
        self.text = TextTokens(config.text, width)
        self.reference_encoder = ReferenceEncoder(width, config.heads, config.ffn) if config.reference else None
        self.blocks = nn.ModuleList(
            Block(width, config.heads, SwiGLU(width, config.ffn), reference=config.reference)
            for _ in range(config.layers)
        )
        self.head = Head(width, patch_channels)
        initialise(self)

    def forward(
        self,
        latent_BCTHW: Tensor,
        time_B: Tensor,
        text: Text,
        reference: Tensor | None = None,
        source_BCTHW: Tensor | None = None,
        span_B: Tensor | None = None,
        known_BKTHW: Tensor | None = None,
    ) -> Tensor:
        """The velocity dX/dt at ``latent_BCTHW``, of the same shape.

        Args:
            latent_BCTHW: Noised latent X_t; H and W are multiples of the patch.
            time_B: Flow time in [0, 1].
            text: States and mask of each text encoder; in each row at least one token of all is real.
            reference: Tokens [B, K, D] of the reference encoder, or images [B, 3, 64, 64], which are encoded here
                (training: the whole network in one forward call, as sharded training needs). None: no reference.
            source_BCTHW: Latent of the video to be edited, shaped like ``latent_BCTHW``. None: a black condition.
            span_B: How far a step goes in flow time: the velocity is then the mean one over it. None: no way at all.
            known_BKTHW: What is known of the clip (:mod:`models.backbone.known`). None: nothing.

        Raises:
            LatentDoesNotFit: The grid exceeds the position tables, or a condition is given that the network lacks.
            TextDoesNotFit: The text is of other encoders.
        """
        grid = self.grid(latent_BCTHW)
        positions_1ND = self.positions(grid)
        embedding_BD = self.with_span(self.time(time_B), span_B)
        modulation_B6D = self.modulation(embedding_BD)
        text_BSD, text_mask_BS = self.text(text)
        reference_BKD = self.reference_tokens(reference)
        x_BND = self.embed(to_patches(self.with_conditions(latent_BCTHW, source_BCTHW, known_BKTHW), self.config.patch))
        for block in self.blocks:
            x_BND = block(x_BND, positions_1ND, modulation_B6D, text_BSD, text_mask_BS, reference_BKD)
        return from_patches(self.head(x_BND, embedding_BD), grid, self.config.patch)

    def grid(self, latent_BCTHW: Tensor) -> tuple[int, int, int]:
        """Tokens in time, height and width of a latent.

        Raises:
            LatentDoesNotFit: A side is no multiple of the patch, or exceeds its position table.
        """
        patch = self.config.patch
        frames, height, width = latent_BCTHW.shape[2:]
        grid = (frames, height // patch, width // patch)
        if torch.compiler.is_compiling():  # an exported graph takes any size that its tables hold
            return grid
        if height % patch or width % patch:
            raise LatentDoesNotFit(f"latent sides {height} x {width} must be multiples of the patch {patch}")
        if any(tokens > entries for tokens, entries in zip(grid, self.positions.sizes, strict=True)):
            raise LatentDoesNotFit(
                f"a grid of {grid} tokens (time, height, width) exceeds the position tables {self.positions.sizes}: "
                "call grow() or configure larger positions"
            )
        return grid

    def grow(self, positions: tuple[int, int, int]) -> None:
        """Lengthen the position tables; grids that fitted before give what they gave."""
        self.positions.grow(positions)
        self.config = replace(self.config, positions=positions)

    def reference_tokens(self, reference: Tensor | None) -> Tensor | None:
        """Reference tokens [B, K, D] of images or of tokens made before."""
        if reference is None:
            return None
        if self.reference_encoder is None:
            raise LatentDoesNotFit("a reference was given to a backbone without one: configure reference=True")
        return self.reference_encoder(reference) if reference.ndim == 4 else reference

    def with_span(self, embedding_BD: Tensor, span_B: Tensor | None) -> Tensor:
        """The time's embedding with that of a step's span, where the network has it."""
        if self.span is None:
            if span_B is not None:
                raise LatentDoesNotFit("a span was given to a backbone without one: configure span=True")
            return embedding_BD
        return embedding_BD + self.span(embedding_BD.new_zeros(len(embedding_BD)) if span_B is None else span_B)

    def with_conditions(self, latent_BCTHW: Tensor, source_BCTHW: Tensor | None, known_BKTHW: Tensor | None) -> Tensor:
        """The latent with its source, then what is known, on further channels, where the network has them."""
        parts = [latent_BCTHW]
        for name, value, has, channels in (
            ("source", source_BCTHW, self.config.source, self.config.latent_channels),
            ("known", known_BKTHW, self.config.known, self.config.latent_channels + KNOWN_MASKS),
        ):
            if has:
                batch, _, *grid = latent_BCTHW.shape
                parts.append(latent_BCTHW.new_zeros(batch, channels, *grid) if value is None else value)
            elif value is not None:
                raise LatentDoesNotFit(f"a {name} condition was given to a backbone without one: configure {name}=True")
        return torch.cat(parts, dim=1) if len(parts) > 1 else latent_BCTHW
