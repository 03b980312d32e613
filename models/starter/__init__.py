"""Starter weights: what longer trainings left, for shorter ones to begin with. Imports no torch."""

from pathlib import Path

WEIGHTS = "model.safetensors"
"""The file of weights in each of these folders."""

AUTOENCODER = Path(__file__).parent / "autoencoder"
"""Of the Temporal Autoencoder; ``python -m assets.starter.autoencoder FOLDER`` trains it."""

BACKBONE = Path(__file__).parent / "backbone"
"""Of the backbone, on latents of that autoencoder; ``python -m assets.starter.backbone FOLDER`` trains it."""

UPSAMPLER = Path(__file__).parent / "upsampler"
"""Of the spatial upsampler; ``python -m assets.starter.upsampler FOLDER`` trains it."""

STUDENT = Path(__file__).parent / "student"
"""What a student of one to four steps differs in from that backbone; ``python -m assets.starter.student FOLDER``."""

KNOWN = Path(__file__).parent / "known"
"""What a network that goes on from known frames differs in from that backbone; ``python -m assets.starter.known``."""
