import numpy as np
import pytest

from assets.world.backdrops import FRONT, THEMES, layers
from assets.world.scenery import PERIOD
from assets.world.spec import BackgroundSpec, InvalidSpec


def _layers(theme, variant=0, pixels=64):
    return layers(BackgroundSpec("layered", (), theme, variant), pixels)


@pytest.mark.parametrize("theme", THEMES)
def test_a_backdrop_has_layers_at_several_depths_from_back_to_front(theme):
    found = _layers(theme)
    depths = [layer.depth for layer in found]
    assert depths == sorted(depths, reverse=True)
    assert len(set(depths)) >= 5 or theme == "neon beach"
    assert depths[-1] == FRONT
    assert 1.0 in depths
    assert found[0].opaque


@pytest.mark.parametrize("theme", THEMES)
def test_layers_repeat_without_a_seam(theme):
    for layer in _layers(theme):
        assert layer.texture.shape[1] == round(PERIOD * 64)
        columns = layer.texture.astype(int)
        steps = np.abs(np.diff(columns, axis=1)).mean((0, 2))
        seam = np.abs(columns[:, 0] - columns[:, -1]).mean()
        assert seam <= steps.max() + 1


@pytest.mark.parametrize("theme", THEMES)
def test_colours_are_premultiplied(theme):
    for layer in _layers(theme):
        assert (layer.texture[..., :3].astype(int) <= layer.texture[..., 3:].astype(int) + 2).all()


def test_variants_and_themes_differ():
    skies = {_layers(theme, variant)[0].texture.tobytes() for theme in THEMES for variant in range(3)}
    assert len(skies) >= 3 * len(THEMES) - 3


def test_an_unknown_backdrop_is_named():
    with pytest.raises(InvalidSpec, match="'moon'"):
        _layers("moon")
