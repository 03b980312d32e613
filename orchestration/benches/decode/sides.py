"""The sides of the bench: our exported decoder streaming in tiles, and diffusers' autoencoders with tiling switched on.

Shapes: C latent channels, T latent frames, h x w latent positions; F frames, H x W pixels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.recipes import LATENT_CHANNELS
from orchestration.benches.autoencoder.sides import COGVIDEOX, side
from serving.bundle import OnnxGraph
from serving.decoding.stream import stream
from serving.decoding.tiles import STRIDE, Tiles

SIDE = 256  # pixels
TILE, SHARED = 128, 32  # pixels a side of a tile, and those it shares with the next, on every side of the bench
TILED = Tiles(side=TILE, side_overlap=SHARED)
THREADS = 1
SEED = 0
_PEERS_STRIDE = 4  # frames of a latent frame, the first of which stands for one frame

Pixels = np.ndarray
Decoding = Callable[[int], Iterator[Pixels]]
"""So many frames, in pieces."""


def exported(folder: Path) -> Path:
    """The starter autoencoder's decoder as ONNX, in ``folder``."""
    from models.export.graphs import graph_modules
    from models.export.onnx_export import export_graph
    from models.starter import AUTOENCODER

    name = "autoencoder_decode"
    return export_graph(name, graph_modules({"autoencoder": AUTOENCODER})[name], folder)


def opened(graph: Path) -> OnnxGraph:
    """The graph as serving runs it, on one thread, its session loaded."""
    ours = OnnxGraph(graph, ["CPUExecutionProvider"], THREADS)
    _ = ours.session
    return ours


@dataclass(frozen=True)
class Ours:
    """Decodes as serving does: frames leave as they are decoded.

    Attributes:
        graph: The decoder.
        tiles: How the video is cut.
    """

    graph: OnnxGraph
    tiles: Tiles

    def __call__(self, frames: int) -> Iterator[Pixels]:
        """Pieces of so many frames of a random latent, uint8 [., H, W, 3]."""
        yield from stream(self.graph, noise(-(-frames // STRIDE)), frames, self.tiles)


@dataclass(frozen=True)
class Peer:
    """One of diffusers' autoencoders: all frames leave at once.

    Attributes:
        model: With random weights, tiling switched on.
    """

    model: Any

    def __call__(self, frames: int) -> Iterator[Pixels]:
        """All frames of a random latent, float [1 + 4k, H, W, 3], at least as many as asked for."""
        import torch

        latent = torch.from_numpy(noise(1 - (1 - frames) // _PEERS_STRIDE))[None]
        with torch.inference_mode():
            decoded = self.model.decode(latent).sample
        yield decoded[0].permute(1, 2, 3, 0).numpy()


def peer(name: str) -> Peer:
    """A peer by name, on one thread, in tiles of the picture like ours and with its own way in time."""
    model: Any = side(name).model.eval()
    step = TILE - SHARED
    if name == COGVIDEOX:
        model.enable_tiling(
            TILE, TILE, tile_overlap_factor_height=SHARED / TILE, tile_overlap_factor_width=SHARED / TILE
        )
    else:
        model.enable_tiling(TILE, TILE, tile_sample_stride_height=step, tile_sample_stride_width=step)
    return Peer(model)


def noise(length: int) -> np.ndarray:
    """A latent [C, length, h, w] of 256 pixels a side."""
    shape = (LATENT_CHANNELS, length, SIDE // STRIDE, SIDE // STRIDE)
    return np.random.default_rng(SEED).standard_normal(shape, dtype=np.float32)
