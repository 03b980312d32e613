"""Typed errors of training."""


class TrainingFailed(RuntimeError):
    """A training job ended without a result; the message names the job, its log file and the last lines of it."""


class TrainingInterrupted(RuntimeError):
    """A rank stopped because it was asked to; a checkpoint holds everything up to the step that the message names."""


class CheckpointDamaged(RuntimeError):
    """A checkpoint's content does not match its checksums."""


class ShardDamaged(RuntimeError):
    """A shard of latents is missing, or its content does not match its index."""


class DataMissing(RuntimeError):
    """An index holds no samples of a group that a recipe asks for."""


class LossNotFinite(RuntimeError):
    """The loss was NaN or infinite for several steps on end."""


class WeightsDiffer(ValueError):
    """Two models that should be averaged do not hold the same tensors."""
