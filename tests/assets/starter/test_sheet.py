import torch
from PIL import Image

from assets.starter.quality import FORMS
from assets.starter.sheet import sheet
from models.backbone import Backbone, save_backbone
from models.recipes import BackboneConfig


def test_a_sheet_shows_as_many_prompts_as_asked_for(tmp_path):
    torch.manual_seed(0)
    save_backbone(Backbone(BackboneConfig(layers=1, width=32, ffn=48, heads=2, positions=(8, 7, 7))), tmp_path)
    with Image.open(sheet(tmp_path / "sheet.png", backbone=tmp_path, shown=2)) as picture:
        assert picture.width > 2 * 4 * 64
        assert picture.height > 64
    with Image.open(sheet(tmp_path / "fast.png", FORMS["fast"], tmp_path, shown=2)) as picture:
        assert picture.width > 2 * 4 * 112  # as wide as its clips
