"""Starter weights: what longer trainings left, for shorter ones to begin with. Imports no torch."""

from pathlib import Path

AUTOENCODER = Path(__file__).parent / "autoencoder"
"""Of the Temporal Autoencoder; ``python -m assets.starter.autoencoder FOLDER`` trains it."""
