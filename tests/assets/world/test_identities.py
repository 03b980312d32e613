import numpy as np
import pytest

from assets.world.identities import CHIN, COUNT, POSES, SKINS, compose, held_out, identity


def test_two_thousand_people_all_look_different():
    rng = np.random.default_rng(0)
    numbers = rng.choice(COUNT, 2000, replace=False)
    pictures = {compose(identity(int(number)), "idle").tobytes() for number in numbers}
    assert len(pictures) == 2000 <= COUNT


def test_neighbouring_numbers_differ_in_many_pixels():
    for number in range(0, COUNT - 1, 997):
        one, other = (compose(identity(n), "idle").astype(int) for n in (number, number + 1))
        assert (np.abs(one - other).max(-1) > 30).sum() > 60


def test_a_person_looks_the_same_in_every_pose():
    person = identity(4711)
    for pose in POSES:
        picture = compose(person, pose)
        face = picture[55:CHIN, 30:66]
        solid = face[face[..., 3] == 255][:, :3].astype(float)
        skin = np.linalg.norm(solid - SKINS[person.skin], axis=1) < 40
        assert skin.mean() > 0.25, pose


def test_an_eighth_of_the_people_is_held_out():
    share = np.mean([held_out(number) for number in range(COUNT)])
    assert share == pytest.approx(1 / 8, abs=0.01)


@pytest.mark.parametrize("number", [-1, COUNT])
def test_numbers_outside_are_refused(number):
    with pytest.raises(ValueError, match="outside"):
        identity(number)
