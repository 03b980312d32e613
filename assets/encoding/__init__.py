"""Encoding: clips to crops that the autoencoder and the codec train on, and to shards of latents."""
