"""Which device ranks get, on machines whose GPUs are imagined."""

import os
from unittest.mock import patch

import pytest
import torch

from orchestration.ranks import preload
from orchestration.ranks.preload import DEVICE, DeviceUnavailable


@pytest.fixture
def device(monkeypatch):
    """What DeepSpeed is told after a preload on a machine of so many GPUs."""
    monkeypatch.setattr(preload, "PRELOADED", ())
    monkeypatch.setattr(preload.gc, "freeze", lambda: None)

    def chosen(*, gpus: int, ranks: int = 8, **variables: str) -> str:
        def count() -> int:
            assert os.environ["PYTORCH_NVML_BASED_CUDA_CHECK"] == "1", "CUDA would start before the forks"
            return gpus

        monkeypatch.setattr(torch.cuda, "device_count", count)
        with patch.dict(os.environ, variables):
            for name in {DEVICE, "DS_ACCELERATOR", "PYTORCH_NVML_BASED_CUDA_CHECK"} - variables.keys():
                os.environ.pop(name, None)
            preload.preload(ranks)
            return os.environ["DS_ACCELERATOR"]

    return chosen


def test_the_device_is_named_to_deepspeed_and_cuda_is_not_started_by_asking(device):
    assert device(gpus=8) == "cuda"
    assert device(gpus=7) == "cpu"
    assert device(gpus=0) == "cpu"


def test_gpus_that_were_asked_for_and_are_not_there_are_a_typed_error(device):
    assert device(gpus=8, **{DEVICE: "cuda"}) == "cuda"
    with pytest.raises(DeviceUnavailable, match=r"sees 7 GPUs.*8 ranks.*CUDA_VISIBLE_DEVICES=0-6.*gpus: false"):
        device(gpus=7, **{DEVICE: "cuda", "CUDA_VISIBLE_DEVICES": "0-6"})


def test_gpus_that_were_not_asked_for_stay_idle(device):
    assert device(gpus=8, **{DEVICE: "cpu"}) == "cpu"


def test_an_unknown_device_is_refused(device):
    with pytest.raises(DeviceUnavailable, match=f"{DEVICE} is 'gpu'.*cuda or cpu"):
        device(gpus=8, **{DEVICE: "gpu"})
