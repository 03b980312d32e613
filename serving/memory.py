"""Memory: how a film is cut so that the way from its latent to its file fits into a budget."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from serving.bundle import on_cpu
from serving.config import SPATIAL_STRIDE
from serving.decoding import budget as decoding
from serving.decoding import trial as decoding_trial
from serving.decoding.tiles import Tiles
from serving.delivery import delivery_need, ready
from serving.errors import RequestRefused
from serving.features import LATENT_STRIDE
from serving.pipeline import Pipeline
from serving.trial import Need, together
from serving.upsampling import budget as upsampling
from serving.upsampling import trial as upsampling_trial
from serving.upsampling.cascade import Enlarger, Size
from serving.upsampling.enlarging import SCALE

Option = TypeVar("Option")
_MARGIN = 1.08  # what is tried apart differs a little from what runs together


@dataclass(frozen=True)
class Cut:
    """How a film is decoded and enlarged.

    Attributes:
        tiles: Of decoding.
        enlarger: With its tiles.
    """

    tiles: Tiles
    enlarger: Enlarger


@dataclass(frozen=True)
class Fitting(Cut):
    """A cut that fits a budget.

    Attributes:
        predicted: Bytes above the idle process that it takes from the latent to the file.
    """

    predicted: int


def cut_of(pipeline: Pipeline, aspect: str, frames: int, size: Size, budget: int | None, usual: Tiles) -> Cut:
    """How so many frames of an aspect ratio are brought to a size (height, width): within a budget, if there is one.

    Args:
        pipeline: The model's.
        aspect: Of its aspect ratios.
        frames: That many.
        size: Of the file.
        budget: As for ``cut_within``; None: as usual.
        usual: How they are decoded without a budget.

    Raises:
        RequestRefused: an aspect ratio that the model lacks; also as ``cut_within``.
        TrialFailed: as ``cut_within``.
    """
    latent = pipeline.config.latent_shape(frames, pipeline.config.size(aspect))
    return Cut(usual, pipeline.enlarger) if budget is None else cut_within(pipeline, latent, size, budget)


def cut_within(pipeline: Pipeline, latent: tuple[int, int, int, int], size: Size, budget: int) -> Fitting:
    """The largest tiles in which the film of a latent is decoded, enlarged, marked and encoded within a budget.

    The enlarger, which takes most time, has what the smallest tiles of the decoder leave; the decoder has the rest.
    Parts are tried in processes of their own, for some seconds. The idle process is the one that has loaded the model
    and, from here on, the libraries that frames pass through.

    Args:
        pipeline: The model's.
        latent: The shape [C, T, h, w] of the latent.
        size: (height, width) of the file.
        budget: Bytes above the idle process that are never exceeded.

    Raises:
        RequestRefused: the smallest tiles take more, or a graph is none that runs on the CPU from a file.
        TrialFailed: a part could not be tried.
    """
    ready()
    needs = _Needs(pipeline, latent, size)
    least = needs.predicted(needs.tiles[-1], needs.enlargers[-1])
    if least > budget:
        raise RequestRefused(
            f"a film of {size[1]}x{size[0]} takes {_mib(least)} MiB in the smallest tiles, and the budget is "
            f"{budget // 2**20}: give {_mib(least)} MiB or more, or ask for a lower resolution"
        )
    enlarger = _largest(needs.enlargers, lambda one: needs.predicted(needs.tiles[-1], one) <= budget)
    tiles = _largest(needs.tiles, lambda one: needs.predicted(one, enlarger) <= budget)
    return Fitting(tiles, enlarger, needs.predicted(tiles, enlarger))


def _largest(options: Sequence[Option], fits: Callable[[Option], bool]) -> Option:
    """The first that fits of options from the largest to the smallest, which fits."""
    return options[bisect_left(options[:-1], 1, key=lambda one: int(fits(one)))]


def _mib(size: int) -> int:
    return -(-size // 2**20)


class _Needs:
    """What the film of a latent [C, T, h, w] takes in each way to cut it."""

    def __init__(self, pipeline: Pipeline, latent: tuple[int, int, int, int], size: Size) -> None:
        self._latent, self._size = latent, size
        self._frames = LATENT_STRIDE * latent[1]
        self._source = SPATIAL_STRIDE * latent[2], SPATIAL_STRIDE * latent[3]
        self._decoder = on_cpu(pipeline.graph("autoencoder_decode"))
        self._upsampler = on_cpu(pipeline.graph("upsampler")) if "upsampler" in pipeline.graphs else None
        self.tiles = decoding.candidates(latent)
        self.enlargers = upsampling.candidates(pipeline.enlarger, self._source, size)
        large = SCALE ** pipeline.enlarger.doublings(self._source, size)
        enlarged = large * self._source[0], large * self._source[1]
        self._delivery = delivery_need(enlarged, size, self._frames, pipeline.config.fps)

    def predicted(self, tiles: Tiles, enlarger: Enlarger) -> int:
        """Bytes above the idle process, at the peak."""
        return round(_MARGIN * together([self._decoding(tiles), self._enlarging(enlarger), self._delivery]))

    def _decoding(self, tiles: Tiles) -> Need:
        def trial(shape: tuple[int, int, int, int]) -> Need:
            return decoding_trial.tile_need(self._decoder.path, self._decoder.threads, shape)

        return decoding.decoding_need(trial, self._latent, tiles)

    def _enlarging(self, enlarger: Enlarger) -> Need:
        graph = self._upsampler
        if graph is None:
            return Need(0, 0)

        def trial(shape: tuple[int, int, int]) -> Need:
            return upsampling_trial.tile_need(graph.path, graph.threads, shape)

        return upsampling.enlarging_need(trial, enlarger, self._source, self._size, self._frames)
