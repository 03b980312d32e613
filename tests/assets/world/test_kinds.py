import numpy as np
import pytest
from PIL import Image

from assets.world.colours import COLOURS, RGB
from assets.world.drawings import SpritesMissing
from assets.world.kinds import KINDS
from assets.world.render import render
from assets.world.sprites import kinds, look
from tests.assets.world.worlds import scene, thing


def test_there_are_more_than_sixty_kinds_and_no_two_look_alike():
    assert len(KINDS) == len({kind.name for kind in KINDS}) >= 60
    pictures = {look(kind.name, None, None, None).poses[0].rgba.tobytes() for kind in KINDS}
    assert len(pictures) == len(KINDS)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_dyed_thing_has_its_colour(colour):
    for kind in ("frog", "box", "ball", "mushroom", "robot", "star", "saw blade"):
        sprite = look(kind, colour, None, None).poses[0].rgba
        solid = sprite[sprite[..., 3] == 255][:, :3].astype(float)
        near = [min(RGB, key=lambda name: np.linalg.norm(pixel - RGB[name])) for pixel in solid[::17]]
        named = {name: near.count(name) for name in RGB}
        assert max(named, key=named.get) == colour, kind


def test_people_and_grounds_keep_their_colours():
    assert not any(kind.dyeable for kind in KINDS if kind.name in {"man", "woman", "lava block", "ace card"})


def test_a_folder_of_pngs_adds_kinds_under_their_names(tmp_path):
    picture = np.zeros((20, 30, 4), np.uint8)
    picture[4:16, 5:25] = (200, 30, 30, 255)
    Image.fromarray(picture).save(tmp_path / "magic_hat.png")
    assert set(kinds(str(tmp_path))) - set(kinds()) == {"magic hat"}
    spec = scene(thing("magic hat", colour="green", extent=0.4), sprites=str(tmp_path))
    clip = render(spec, 100, 100, 8, 1)
    left, top, right, bottom = clip.truth.tracks[0].box[0]
    assert (right - left, bottom - top) == pytest.approx((40, 24), abs=1e-6)  # 20 x 12 pixels are opaque


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SpritesMissing, match="holds no PNG"):
        kinds(str(tmp_path))


def test_an_unknown_kind_is_named():
    with pytest.raises(SpritesMissing, match="'unicorn'"):
        render(scene(thing("unicorn")), 32, 32, 8, 1)
