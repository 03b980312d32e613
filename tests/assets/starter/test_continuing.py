import pytest
import torch
from PIL import Image

from assets.starter.continuing import continued, drawn, opened
from assets.starter.known_sheet import sheet
from assets.starter.quality import asked
from assets.starter.round_trip import psnr
from models.backbone import Backbone, save_backbone
from models.distillation import KNOWN_FRAMES
from models.recipes import BackboneConfig, demo


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A backbone and what takes known frames in its place, at random."""
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("models")
    save_backbone(Backbone(BackboneConfig(layers=1, width=32, ffn=48, heads=2)), root / "backbone")
    model = KNOWN_FRAMES.started(root / "backbone", 4)
    torch.nn.init.normal_(model.head.linear.weight, std=0.1)
    KNOWN_FRAMES.save(model, root / "backbone", 4, root / "known")
    return root / "known", root / "backbone"


def test_films_are_drawn_by_what_is_given_and_begin_with_what_is_known(folders, tmp_path):
    shown = asked(demo().world, "validation", 1)
    pipeline = opened(tmp_path, *folders)
    films = [drawn(pipeline, shown, 0, way) for way in (None, "first", "last", "both")]
    assert all(film.shape == (32, 64, 64, 3) for film in films)
    assert all((film != films[0]).any() for film in films[1:])
    going = continued(pipeline, shown, 0, 2)
    back = pipeline.decode(pipeline.encode(shown.clips[0])[0], 32)
    assert psnr(going[:8], back[:8]) > psnr(going[24:], back[24:]) + 5  # the decoder's attention sees all frames
    plain = opened(tmp_path, None, folders[1])
    assert (continued(plain, shown, 0, 2)[20:] != going[20:]).any()


def test_a_sheet_has_a_row_for_each_way(folders, tmp_path):
    with Image.open(sheet(tmp_path / "sheet.png", *folders, clips=1)) as picture:
        assert picture.width > 9 * 64
        assert picture.height > 3 * 64
