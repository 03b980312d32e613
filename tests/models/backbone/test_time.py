import math

import torch

from models.backbone.time import sinusoids


def test_sinusoids_are_cosines_and_sines_at_geometric_frequencies():
    waves = sinusoids(torch.tensor([0.3]))[0]
    for index in (0, 17, 127):
        angle = 300 * 10_000 ** (-index / 128)
        assert math.isclose(waves[index], math.cos(angle), abs_tol=1e-4)
        assert math.isclose(waves[128 + index], math.sin(angle), abs_tol=1e-4)
