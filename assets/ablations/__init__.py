"""Ablations: what the choices of the backbone and its training are worth, at tiny scale, over several seeds."""
