import pytest

from assets.world.captions import short
from assets.world.draw import WorldOptions, draw
from assets.world.physics import simulate
from assets.world.wording import Said, said


@pytest.mark.parametrize("split", ["train", "unseen"])
def test_what_captions_say_is_what_the_scene_is(split):
    options = WorldOptions(
        split=split, seconds=(0.5, 0.5), objects=(1, 1), cameras=("static",), text=0.0, styles=0.0, offscreen=0.0
    )
    told = 0
    for seed in range(300):
        spec = draw(seed, options)
        (thing,), behind = spec.objects, spec.background
        found = said(short(spec, simulate(spec, 0.5), moving=True))
        assert (found.kind, found.colour) == (thing.kind, thing.colour)
        assert found.motion in {thing.motion, "pushed"}  # what topples counts as pushed
        place = behind.theme or " and ".join(dict.fromkeys(behind.colours))
        assert found.background in {place, None}
        told += found.background is not None
    assert told > 200


def test_words_of_no_caption_say_nothing():
    assert said("a holiday in the sun") == Said(None, None, None, None)
    assert said("a cactus beside a red frog in the dark").kind == "cactus"
