"""Memory: what decoding and enlarging may take, as tiles that fit."""

from functools import partial

import numpy as np

from serving.bundle import on_cpu
from serving.decoding.budget import Fit, fitting
from serving.decoding.tiles import Tiles
from serving.decoding.trial import inputs_peak, tile_peak
from serving.film import sides_of
from serving.pipeline import Pipeline
from serving.upsampling.budget import EnlargerFit, enlarger_fitting
from serving.upsampling.cascade import Enlarger


def cut_within(pipeline: Pipeline, latent: np.ndarray, size: tuple[int, int], budget: int) -> tuple[Tiles, Enlarger]:
    """How a latent [C, T, h, w] is decoded and its frames enlarged to a size in at most ``budget`` bytes above idle.

    Raises:
        RequestRefused, TrialFailed: as ``tiles_within``.
    """
    fit = enlarger_within(pipeline, sides_of(latent), size, budget // 2)
    return tiles_within(pipeline, latent.shape, budget - fit.predicted).tiles, fit.enlarger


def tiles_within(pipeline: Pipeline, latent_shape: tuple[int, int, int, int], budget: int) -> Fit:
    """The largest tiles in which decoding a latent [C, T, h, w] takes at most ``budget`` bytes above idle.

    Tiles are tried in processes of their own.

    Raises:
        RequestRefused: not even the smallest fit, or the graph is none that runs on the CPU from a file.
        TrialFailed: a tile could not be tried.
    """
    graph = on_cpu(pipeline.graph("autoencoder_decode"))
    return fitting(partial(tile_peak, graph.path, graph.threads), latent_shape, budget)


def enlarger_within(pipeline: Pipeline, source: tuple[int, int], size: tuple[int, int], budget: int) -> EnlargerFit:
    """The enlarger with the largest tiles that take at most ``budget`` bytes above idle, and what they take.

    Args:
        pipeline: The model's.
        source: (height, width) of the model's frames.
        size: That they are brought to.
        budget: Bytes.

    Raises:
        RequestRefused, TrialFailed: as ``tiles_within``.
    """
    if "upsampler" not in pipeline.graphs:
        return EnlargerFit(pipeline.enlarger, 0)
    graph = on_cpu(pipeline.graph("upsampler"))
    return enlarger_fitting(partial(inputs_peak, graph.path, graph.threads), pipeline.enlarger, source, size, budget)
