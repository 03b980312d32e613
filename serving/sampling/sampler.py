"""Sampler: the choice of schedule, solver and guidance, as the bundle's config stores it and requests override it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from serving.errors import RequestRefused
from serving.sampling.schedule import Schedule, linear_quadratic, shifted, uniform
from serving.sampling.solver import SOLVERS, Progress, Solver, Velocity, integrate

StudentSteps = Literal[1, 2, 4]


@dataclass(frozen=True)
class Overrides:
    """What one request sets in the place of the model's own sampler; None leaves it. Fields as in ``Sampler``."""

    solver: Solver | None = None
    schedule: Schedule | None = None
    steps: int | None = None
    emulated_steps: int | None = None
    shift: float | None = None
    guidance: float | None = None
    guidance_interval: tuple[float, float] | None = None
    cache: float | None = None
    student: StudentSteps | None = None


class Sampler(BaseModel):
    """How a flow is integrated from noise to data.

    Attributes:
        solver: Euler did best for video in Movie Gen, midpoint is used for audio.
        schedule: Spacing of the times.
        steps: Steps taken.
        emulated_steps: Steps of the uniform schedule that ``linear_quadratic`` starts like.
        shift: Strength of the ``shifted`` schedule.
        guidance: Classifier-free guidance scale; 1 is none.
        guidance_interval: The times between which there is guidance, 0 for noise and 1 for data; None: always.
        cache: Error that a velocity taken from earlier ones may have, as a share of it; None: all are computed.
        student: Steps of the model's few-step student, which takes its place; None: the model itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    solver: Solver = "euler"
    schedule: Schedule = "linear_quadratic"
    steps: int = Field(default=25, ge=1)
    emulated_steps: int = Field(default=250, ge=1)
    shift: float = Field(default=1.0, ge=0.01, le=100)
    guidance: float = Field(default=3.0, allow_inf_nan=False)
    guidance_interval: tuple[float, float] | None = None
    cache: float | None = Field(default=None, gt=0, lt=1)
    student: StudentSteps | None = None

    @model_validator(mode="after")
    def _emulates_at_least_its_steps(self) -> "Sampler":
        if self.schedule == "linear_quadratic" and self.emulated_steps < self.steps:
            raise ValueError(f"emulated_steps ({self.emulated_steps}) must be at least steps ({self.steps})")
        return self

    @model_validator(mode="after")
    def _interval_guides(self) -> "Sampler":
        if self.guidance_interval is None:
            return self
        start, end = self.guidance_interval
        if not 0 <= start < end <= 1:
            raise ValueError(f"guidance_interval ({start:g}, {end:g}) must be two rising times in [0, 1]")
        if self.guidance == 1:
            raise ValueError("guidance_interval needs a guidance other than 1, which is none at any time")
        return self

    @model_validator(mode="after")
    def _caches_whole_steps(self) -> "Sampler":
        if self.cache is not None and self.solver != "euler":
            raise ValueError(f"cache does not combine with the solver {self.solver}: only euler's steps are calibrated")
        return self

    def with_overrides(self, overrides: Overrides) -> "Sampler":
        """This sampler with what is set replaced.

        Raises:
            RequestRefused: a value out of range, or one that the schedule it would be used with does not read.
        """
        changes = {name: value for name, value in asdict(overrides).items() if value is not None}
        if "student" in changes:
            return self._as_student(changes)
        schedule = changes.get("schedule", self.schedule)
        for name, needed in (("emulated_steps", "linear_quadratic"), ("shift", "shifted")):
            if name in changes and schedule != needed:
                raise RequestRefused(f"{name} does not combine with the schedule {schedule}: only {needed} reads it")
        if schedule == "shifted" and changes.get("shift", self.shift) == 1:
            raise RequestRefused("the schedule shifted needs a shift: by 1, it is uniform")
        try:
            return Sampler(**{**self.model_dump(), **changes})
        except ValidationError as error:
            raise RequestRefused(f"this cannot be sampled: {_reasons(error)}") from error

    @staticmethod
    def _as_student(changes: dict[str, Any]) -> "Sampler":
        """Equal steps without guidance: both were fixed when the student was distilled."""
        steps = changes.pop("student")
        if changes:
            names = ", ".join(sorted(changes))
            raise RequestRefused(
                f"{names} does not combine with student: its steps and guidance were distilled into it"
            )
        if steps not in get_args(StudentSteps):
            raise RequestRefused(f"a student takes {get_args(StudentSteps)} steps, not {steps}")
        return Sampler(solver="euler", schedule="uniform", steps=steps, guidance=1.0, student=steps)

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


def _reasons(error: ValidationError) -> str:
    def reason(item: Any) -> str:
        where = ".".join(str(part) for part in item["loc"])
        return f"{where}: {item['msg']}" if where else str(item["msg"])

    return "; ".join(reason(item) for item in error.errors())
