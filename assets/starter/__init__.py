"""Starter weights: models that were trained longer than a demo does, on the same corner of the sandbox world."""
