from functools import partial

import pytest

from models.curriculum import STAGES
from models.presets import PRESETS
from models.recipes import DataMix


def test_iterations_and_batches_give_the_published_samples():
    """Movie Gen Table 3: 1.94B, 394.8M and 73.8M; the second is 4% short of it."""
    for name, published, tolerance in (
        ("image-256", 1.94e9, 0.01),
        ("joint-256", 394.8e6, 0.05),
        ("joint-768", 73.8e6, 0.01),
    ):
        seen = sum(phase.iterations * phase.batch_size for phase in STAGES[name].phases)
        assert seen == pytest.approx(published, rel=tolerance), name
    assert sum(phase.iterations for phase in STAGES["joint-256"].phases) == 185_000
    assert sum(phase.iterations for phase in STAGES["joint-768"].phases) == 74_500


@pytest.mark.parametrize(("name", "tokens"), [("image-256", 256), ("joint-256", 8_192), ("joint-768", 73_728)])
def test_the_largest_bucket_has_the_published_tokens(name, tokens):
    assert STAGES[name].largest.tokens == tokens


def test_a_tenth_as_many_images_as_videos_are_seen():
    stage = STAGES["joint-768"]
    batches = stage.batches(stage.phases[0], 8)
    weights = stage.weights(batches)
    assert sum(weights) == pytest.approx(1)
    seen = [weight * batch for weight, batch in zip(weights, batches, strict=True)]
    assert sum(seen[25:]) / sum(seen[:25]) == pytest.approx(0.1)


def test_position_tables_grow_to_hold_every_bucket_and_never_shrink():
    grown = STAGES["joint-768"].fitted(PRESETS["tiny"]())
    assert grown.positions == (32, 64, 64)
    assert STAGES["image-256"].fitted(grown).positions == (32, 64, 64)
    assert STAGES["joint-768"].fitted(PRESETS["30b"]()) == PRESETS["30b"]()


def test_a_phase_becomes_a_recipe_of_the_training_loop():
    stage = STAGES["joint-256"]
    mix = (DataMix("index.json", "video"),)
    recipe = stage.recipe(stage.phases[1], PRESETS["30b"](), mix, mix, world_size=1_536)
    assert (recipe.steps, recipe.batch_size, recipe.learning_rate) == (62_000, 3_072, 6e-5)
    assert recipe.token_balance == recipe.world_size == 1_536
    assert recipe.precision == "bf16-true"


def test_a_later_phase_goes_on_at_the_rate_that_the_one_before_ended_with():
    stage, mix = STAGES["joint-768"], (DataMix("index.json", "video"),)
    first, second = stage.phases
    begin = partial(stage.recipe, model=PRESETS["30b"](), data=mix, validation=mix, world_size=512)
    assert begin(first).learning_rate == 6e-5
    later = begin(second, learning_rate=1.5e-5)
    assert (later.learning_rate, later.learning_rate_last) == (1.5e-5, 1e-5)
    with pytest.raises(ValueError, match="joint-768"):
        begin(second)
