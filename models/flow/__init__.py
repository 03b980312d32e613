"""Flow matching: path, times, loss. Samplers live in ``serving.sampling``, on arrays of any library."""

from models.flow.loss import (
    VelocityFn,
    fixed_noise,
    flow_loss,
    flow_losses,
    validation_flow_loss,
)
from models.flow.path import SIGMA_MIN, position, velocity
from models.flow.times import logit_normal_times, validation_times

__all__ = [
    "SIGMA_MIN",
    "VelocityFn",
    "fixed_noise",
    "flow_loss",
    "flow_losses",
    "logit_normal_times",
    "position",
    "validation_flow_loss",
    "validation_times",
    "velocity",
]
