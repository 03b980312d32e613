import pytest
import torch

from models.backbone import Backbone, save_backbone
from models.recipes import BackboneConfig
from orchestration.benches.starter import run


def test_ceilings_stand_above_a_model_at_random(tmp_path):
    torch.manual_seed(0)
    backbone = tmp_path / "backbone"
    save_backbone(Backbone(BackboneConfig(layers=1, width=32, ffn=48, heads=2, positions=(8, 7, 7))), backbone)
    figures = run(prompts=4, untrained=1, wide=8, backbone=backbone)
    assert figures["prompts"] == 4
    assert figures["real_colour"] >= 0.75
    assert figures["real_object"] >= 0.5 >= figures["object"]
    assert figures["psnr"] > 25
    assert figures["real_fast_change"] == pytest.approx(2 / 3, abs=0.05)
    assert figures["fast_change"] > 0
    assert figures["real_fast_speed"] == pytest.approx(1, abs=0.15)
    for name in ("object", "colour", "motion", "background"):
        for side in (
            "",
            "unseen_",
            "shuffled_",
            "untrained_",
            "real_",
            "round_trip_",
            "wide_",
            "fast_",
            "real_wide_",
            "real_fast_",
        ):
            assert figures[f"{side}{name}_low"] <= figures[f"{side}{name}"] <= figures[f"{side}{name}_high"]
