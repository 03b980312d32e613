import json

import pytest

from assets.world.draw import draw
from assets.world.spec import InvalidSpec, WorldSpec
from tests.assets.world.worlds import scene, thing


def test_a_specification_survives_json():
    for seed in range(40):
        spec = draw(seed)
        assert WorldSpec.from_json(json.loads(json.dumps(spec.as_json()))) == spec


def test_a_camera_cannot_move_before_a_plain_ground():
    with pytest.raises(InvalidSpec, match="cannot be seen"):
        scene(thing(), camera="pan left", background=scene(thing()).background)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 61.0])
def test_the_length_is_bounded(seconds):
    with pytest.raises(InvalidSpec, match="seconds"):
        scene(thing(), seconds=seconds)
