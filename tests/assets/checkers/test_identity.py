from itertools import combinations

import numpy as np
import pytest

from assets.checkers.clips import PEOPLE, couples
from assets.checkers.identity import described, embedding, embedding_of, same, similarity
from assets.checkers.portraits import CHOICES, SIDE, NobodySeen, cut
from assets.world import identities


def _shown(number, pose, grey=120, side=96):
    """A person before a plain wall, half as large again as the picture asks for."""
    figure = identities.compose(identities.identity(number), pose).astype(float)
    cover = figure[..., 3:] / 255
    canvas = np.full((160, 160, 3), float(grey))
    canvas[16:144, 32:128] = figure[..., :3] * cover + canvas[16:144, 32:128] * (1 - cover)
    return cut(canvas.astype(np.uint8), (80.0, 98.0), 92.0)


@pytest.fixture(scope="module")
def held_out():
    return [number for number in range(0, identities.COUNT, 97) if identities.held_out(number)][:8]


def test_an_embedding_is_a_unit_vector_whose_squares_are_a_distribution_of_each_attribute(held_out):
    vector = embedding(_shown(held_out[0], "idle"))
    assert np.linalg.norm(vector) == pytest.approx(1)
    sizes = [len(options) for options in CHOICES.values()]
    for part in np.split(vector**2, np.cumsum(sizes)[:-1]):
        assert part.sum() == pytest.approx(1 / len(sizes))


def test_a_person_is_the_same_in_another_pose_before_another_wall(held_out):
    verdicts = [same(embedding(_shown(n, "idle")), embedding(_shown(n, "walk3", grey=60))) for n in held_out]
    assert sum(verdict.value for verdict in verdicts) >= len(held_out) - 1
    assert all(0.5 <= verdict.confidence <= 1 for verdict in verdicts)


def test_other_people_are_others(held_out):
    vectors = [embedding(_shown(number, "idle")) for number in held_out]
    assert not any(same(one, other).value for one, other in combinations(vectors, 2))


def test_people_are_the_less_alike_the_more_they_differ():
    number = 7_000
    first = np.array(list(vars(identities.identity(number)).values())[1:], object)
    others = [n for n in range(identities.COUNT) if n % 5 == 0]
    apart = [int((np.array(list(vars(identities.identity(n)).values())[1:], object) != first).sum()) for n in others]
    reference = embedding(_shown(number, "idle"))
    means = []
    for distance in (1, 3, 6):
        chosen = [n for n, differs in zip(others, apart, strict=True) if differs == distance][:5]
        means.append(np.mean([similarity(reference, embedding(_shown(n, "walk3"))) for n in chosen]))
    assert means[0] > means[1] > means[2]
    assert similarity(reference, reference) == pytest.approx(1)


def test_a_person_s_attributes_can_be_told(held_out):
    right = []
    for number in held_out:
        told, person = described(embedding(_shown(number, "walk5"))), identities.identity(number)
        right += [told[name].value == getattr(person, name) for name in CHOICES]
    assert np.mean(right) > 0.9


def test_several_portraits_make_one_embedding(held_out):
    pictures = np.stack([_shown(held_out[0], pose) for pose in ("idle", "walk3", "jump")])
    assert similarity(embedding(pictures), embedding(pictures[0])) > 0.9


def test_a_picture_without_anybody_is_refused():
    with pytest.raises(NobodySeen, match="give a picture of one"):
        embedding_of(np.full((2, 128, 128, 3), 200, np.uint8))


def test_couples_are_the_same_person_twice_or_two_and_half_of_those_look_alike():
    for seed, (one, other) in zip(range(40_000, 40_004), couples(4, "validation", 40_000), strict=True):
        numbers = one.truth.identity, other.truth.identity
        assert all(identities.held_out(number) for number in numbers)
        first, second = (identities.identity(number) for number in numbers)
        differ = sum(getattr(first, name) != getattr(second, name) for name in CHOICES)
        assert (differ == 0) == (seed % 2 == 0)
        assert seed % 4 != 1 or differ <= 2
        assert one.spec.seed != other.spec.seed
    assert PEOPLE.styles == 0.0


def test_a_portrait_has_the_size_that_the_network_takes():
    assert _shown(0, "idle").shape == (SIDE, SIDE, 3)
