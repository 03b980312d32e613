"""The Temporal Autoencoder and its training."""

from models.autoencoder.network import TemporalAutoencoder, WrongModelError

load_autoencoder = TemporalAutoencoder.load

__all__ = ["TemporalAutoencoder", "WrongModelError", "load_autoencoder"]
