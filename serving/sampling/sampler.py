"""Sampler: the choice of schedule, solver and guidance, as the bundle's config stores it."""

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from serving.sampling.schedule import Schedule, linear_quadratic, shifted, uniform
from serving.sampling.solver import SOLVERS, Progress, Solver, Velocity, integrate


class Sampler(BaseModel):
    """How a flow is integrated from noise to data.

    Attributes:
        solver: Euler did best for video in Movie Gen, midpoint is used for audio.
        schedule: Spacing of the times.
        steps: Steps taken.
        emulated_steps: Steps of the uniform schedule that ``linear_quadratic`` starts like.
        shift: Strength of the ``shifted`` schedule.
        guidance: Classifier-free guidance scale; 1 is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    solver: Solver = "euler"
    schedule: Schedule = "linear_quadratic"
    steps: int = Field(default=25, ge=1)
    emulated_steps: int = Field(default=250, ge=1)
    shift: float = Field(default=1.0, gt=0)
    guidance: float = 3.0

    @model_validator(mode="after")
    def _emulates_at_least_its_steps(self) -> "Sampler":
        if self.schedule == "linear_quadratic" and self.emulated_steps < self.steps:
            raise ValueError(f"emulated_steps ({self.emulated_steps}) must be at least steps ({self.steps})")
        return self

    def with_overrides(self, steps: int | None, guidance: float | None) -> "Sampler":
        """This sampler with what is not None replaced, validated again."""
        changes = {"steps": steps, "guidance": guidance}
        return Sampler(**{**self.model_dump(), **{key: value for key, value in changes.items() if value is not None}})

    def times(self) -> np.ndarray:
        """The times 0 = t_0 < ... < t_S = 1, float64 [steps + 1]."""
        if self.schedule == "uniform":
            return uniform(self.steps)
        if self.schedule == "shifted":
            return shifted(self.steps, self.shift)
        return linear_quadratic(self.steps, self.emulated_steps)

    def sample(self, velocity: Velocity, noise: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """The data that the flow carries ``noise`` to."""
        return integrate(velocity, noise, self.times(), SOLVERS[self.solver], progress)
