"""Decoding: latents to frames a tile at a time, within a budget of memory. Plain numpy over a graph."""
