from dataclasses import replace

import pytest

from assets.autoencoder import _numbers
from models.recipes import AutoencoderRecipe, smoke


def profile(**fields):
    return replace(smoke(), autoencoder=AutoencoderRecipe(**fields))


def test_other_weights_of_the_perceptual_term_are_another_autoencoder(tmp_path):
    weights = tmp_path / "lpips.safetensors"
    weights.write_text("one")
    recipe = {"perceptual_weight": 0.1, "perceptual": str(weights)}
    before = _numbers(profile(**recipe))
    weights.write_text("another")
    assert _numbers(profile(**recipe)) != before


@pytest.mark.parametrize(("fields", "counted"), [({}, False), ({"perceptual_weight": 0.1}, True)])
def test_the_packaged_tower_counts_where_it_is_looked_through(fields, counted):
    assert ("perceptual" in _numbers(profile(**fields))) is counted
