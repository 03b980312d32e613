"""How ranks on CUDA meet, as far as that can be told without a device: what torch and DeepSpeed are asked."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import deepspeed
import pytest
import torch
from lightning.pytorch.accelerators.cuda import CUDAAccelerator

from models.training.fsdp import FsdpSharding
from models.training.interruption import Interruption
from models.training.methods import method_of
from models.training.module import FlowTraining
from models.training.shards import open_shards
from models.training.strategy import PlainStrategy, Ranks, ZeroStrategy
from models.training.zero3 import zero3_config

MEETING = "file:///meeting"


def plain(ranks: Ranks) -> PlainStrategy:
    return PlainStrategy(MEETING, ranks)


def zero(ranks: Ranks) -> ZeroStrategy:
    return ZeroStrategy(zero3_config(batch_size_per_rank=1, gradient_clip=1.0), MEETING, ranks)


@pytest.mark.parametrize("make", [plain, zero])
def test_ranks_on_cuda_meet_where_they_are_told_and_can_exchange_tensors_of_the_cpu_too(monkeypatch, make):
    asked: list[Any] = []
    monkeypatch.setattr(torch.cuda, "set_device", asked.append)
    monkeypatch.setattr(deepspeed, "init_distributed", lambda *_, **__: asked.append("deepspeed"))
    monkeypatch.setattr(
        torch.distributed, "init_process_group", lambda backend, **how: asked.append((backend, how["init_method"]))
    )
    strategy = make(Ranks(0, 2, 2, "127.0.0.1", 0))
    strategy.accelerator = CUDAAccelerator()
    strategy.parallel_devices = [torch.device("cuda", index) for index in range(2)]
    with patch.dict(os.environ):
        strategy.setup_distributed()
    assert asked[:2] == [torch.device("cuda", 0), ("cpu:gloo,cuda:nccl", MEETING)]
    assert asked[2:] == (["deepspeed"] if make is zero else [])


def test_a_training_is_on_its_rank_s_device_whoever_placed_the_weights(monkeypatch, recipe):
    recipe = recipe()
    device = torch.device("cuda", 1)
    shards = open_shards(Path(recipe.data[0].index))
    training = FlowTraining(recipe, method_of(recipe), FsdpSharding(recipe), shards, Interruption())
    monkeypatch.setattr(FlowTraining, "trainer", SimpleNamespace(strategy=SimpleNamespace(root_device=device)))
    assert training.device == device
