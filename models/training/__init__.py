"""Training: the loop, its data, its checkpoints and its errors."""
