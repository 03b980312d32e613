"""Upsampling: larger, sharper frames by a model's upsampler. Plain numpy over a graph."""
