"""Devices by the names that their drivers give them."""

import pytest

from models.planning.gpus import peak_tflops


@pytest.mark.parametrize(
    ("device", "tflops"),
    [
        ("NVIDIA H100 80GB HBM3", 989),
        ("NVIDIA A100-SXM4-80GB", 312),
        ("NVIDIA GeForce RTX 4090", 165),
        ("NVIDIA GeForce GTX 1080", None),
    ],
)
def test_the_peak_of_a_device_is_found_by_its_name(device, tflops):
    assert peak_tflops(device) == tflops
