"""Typed errors of training."""


class TrainingFailed(RuntimeError):
    """A training job ended without a result; the message names the job, its log file and the last lines of it."""


class CheckpointDamaged(RuntimeError):
    """A checkpoint's content does not match its checksums."""
