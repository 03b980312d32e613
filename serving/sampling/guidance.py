"""Guidance: velocities of one state under several conditions, weighted into one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from serving.errors import RequestRefused
from serving.sampling.sampler import Sampler
from serving.sampling.solver import Velocity

Graph = Callable[..., np.ndarray]
Condition = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Guided:
    """A velocity field u(x, t) = sum_k w_k u(x, t, condition_k), all conditions in one call of the graph.

    Classifier-free guidance and dual guidance are both of this form; see the two constructors. A condition whose
    weight is zero is never evaluated.

    Attributes:
        graph: Called as ``graph(latent=..., time=..., **condition)``, batch first.
        conditions: Named inputs, each [B, ...].
        weights: One number for each condition; they sum to one.
        interval: The times, both included, between which the weights hold; outside, the first condition alone is
            evaluated (guidance interval, Kynkäänniemi et al. 2024). None: always.
    """

    graph: Graph
    conditions: Sequence[Condition]
    weights: Sequence[float]
    interval: tuple[float, float] | None = None

    @classmethod
    def classifier_free(
        cls,
        graph: Graph,
        condition: Condition,
        null: Condition,
        scale: float,
        interval: tuple[float, float] | None = None,
    ) -> "Guided":
        """u(null) + scale * (u(condition) - u(null)) (Movie Gen 3.4)."""
        return cls(graph, (condition, null), (scale, 1 - scale), interval)

    @classmethod
    def dual(
        cls,
        graph: Graph,
        *,
        full: Condition,
        source: Condition,
        null: Condition,
        text: float,
        video: float,
        interval: tuple[float, float] | None = None,
    ) -> "Guided":
        """u(0,0) + video * (u(v,0) - u(0,0)) + text * (u(v,c) - u(v,0)): guidance of an edit.

        Args:
            graph: The editing backbone.
            full: Source video and instruction.
            source: Source video, empty instruction.
            null: Neither.
            text: Scale of the instruction.
            video: Scale of the source video.
            interval: As for the class.

        Raises:
            RequestRefused: the source's scale is no number.
        """
        if not isfinite(video):
            raise RequestRefused(f"a source guidance of {video} cannot be sampled: give a number")
        return cls(graph, (full, source, null), (text, video - text, 1 - video), interval)

    def __call__(self, x: np.ndarray, t: float) -> np.ndarray:
        """The guided velocity at state ``x`` [B, ...] and time ``t`` in [0, 1]."""
        active = [(c, w) for c, w in zip(self.conditions, self._weights(t), strict=True) if w != 0]
        inputs = {name: np.concatenate([condition[name] for condition, _ in active]) for name in active[0][0]}
        state = np.concatenate([x] * len(active))
        velocity = self.graph(latent=state, time=np.full(len(state), t, dtype=np.float32), **inputs)
        parts = np.split(velocity, len(active))
        return sum(
            (np.float32(weight) * part for part, (_, weight) in zip(parts, active, strict=True)), np.zeros_like(x)
        )

    def _weights(self, t: float) -> Sequence[float]:
        if self.interval is None or self.interval[0] <= t <= self.interval[1]:
            return self.weights
        return (1.0, *[0.0] * (len(self.weights) - 1))


@dataclass(frozen=True)
class Jumping:
    """The mean velocity of a few-step student over each of its equal steps; guidance is in it.

    Attributes:
        graph: Called as ``graph(latent=..., time=..., span=..., **condition)``, batch first.
        condition: Named inputs, each [B, ...].
        steps: How many go from noise to data.
    """

    graph: Graph
    condition: Condition
    steps: int

    def __call__(self, x: np.ndarray, t: float) -> np.ndarray:
        """The velocity at state ``x`` [B, ...] from time ``t`` on."""
        time, span = (np.full(len(x), value, dtype=np.float32) for value in (t, 1 / self.steps))
        return self.graph(latent=x, time=time, span=span, **self.condition)


def flow(graph: Graph, condition: Condition, null: Condition, sampler: Sampler) -> Velocity:
    """The velocity that a sampler follows: guided, or a student's.

    Args:
        graph: The backbone, or the student if the sampler asks for it.
        condition: Named inputs, each [B, ...].
        null: The same with the empty text.
        sampler: Whose guidance and steps.
    """
    if sampler.student is not None:
        return Jumping(graph, condition, sampler.student)
    return Guided.classifier_free(graph, condition, null, sampler.guidance, sampler.guidance_interval)
