import os
from pathlib import Path

import pytest
import torch

from models.recipes import BackboneConfig, DataMix, TrainingRecipe
from orchestration.ranks.failure import Failure
from orchestration.ranks.spec import JobSpec
from orchestration.ranks.supervisor import supervise


def test_a_job_of_more_ranks_than_gpus_is_refused_where_gpus_are_used(tmp_path: Path, monkeypatch):
    recipe = TrainingRecipe("wide", "video", BackboneConfig(), (DataMix("index.json", "a"),), (), world_size=4)
    JobSpec("wide", recipe, tmp_path / "model", 0.0).write(tmp_path)
    monkeypatch.setenv("DS_ACCELERATOR", "cuda")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("ranks were started"))
    monkeypatch.setattr(os, "_exit", lambda code: (_ for _ in ()).throw(SystemExit(code)))
    with pytest.raises(SystemExit, match="1"):
        supervise(tmp_path)
    assert "sees 2 GPUs, and each of 4 ranks wants one" in Failure.read(tmp_path).reason
