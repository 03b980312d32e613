import logging

import numpy as np
import pytest

from assets.curation.clusters import Space, clusters, embedding, looks, weights
from assets.curation.signals.embedding import packed
from tests.assets.curation.looks import look, textured


def groups(*sizes, apart=20.0, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(sizes), 6)) * apart
    return np.concatenate([centre + rng.normal(size=(size, 6)) for centre, size in zip(centres, sizes, strict=True)])


def test_groups_far_apart_are_the_clusters_although_there_are_more_centres_than_groups():
    labels = clusters(Space(groups(40, 30, 30), 2.0))
    assert [len(set(part)) for part in np.split(labels, [40, 70])] == [1, 1, 1]
    assert set(labels) == {0, 1, 2}


def test_the_same_vectors_give_the_same_clusters():
    vectors = groups(20, 5, apart=2.0)
    assert np.array_equal(clusters(Space(vectors, 2.0)), clusters(Space(vectors, 2.0)))


def test_centres_farther_apart_than_is_near_stay_apart():
    vectors = groups(40, 30, 30)
    assert len(set(clusters(Space(vectors, 0.1)))) == 10  # the root of 100
    assert len(set(clusters(Space(vectors, 1000.0)))) == 1


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_vectors_are_clustered_too(count):
    assert len(clusters(Space(np.ones((count, 4)), 2.0))) == count


def test_a_cluster_weighs_the_root_of_its_size():
    labels = np.repeat([0, 1, 2], [16, 4, 1])
    drawn = weights(labels, np.ones(21, bool), None)
    assert drawn.mean() == pytest.approx(1.0)
    mass = np.bincount(labels, drawn)
    assert mass / mass[2] == pytest.approx([4.0, 2.0, 1.0])


def test_landscape_clips_get_their_share_and_clusters_keep_their_balance_within_each_shape():
    labels = np.repeat([0, 1, 0, 1], [8, 2, 3, 7])
    landscape = np.arange(20) < 10
    drawn = weights(labels, landscape, 0.6)
    assert drawn[landscape].sum() / drawn.sum() == pytest.approx(0.6)
    plain = weights(labels, landscape, None)
    assert drawn[0] / drawn[9] == pytest.approx(plain[0] / plain[9])
    assert weights(labels, np.ones(20, bool), 0.6) == pytest.approx(plain)


def test_alike_looks_lie_near_each_other():
    clips = [
        {"look": look(frames).packed(), "signals": {"motion": 2.0}}
        for frames in (textured(1), textured(1)[1:], textured(2))
    ]
    found = looks(clips).vectors
    assert found.shape == (3, 49)
    assert np.linalg.norm(found[0] - found[1]) < 0.3 * np.linalg.norm(found[0] - found[2])
    assert looks([]).vectors.shape == (0, 49)


def test_clips_are_described_by_their_joint_embeddings():
    vectors = np.random.default_rng(0).normal(size=(3, 256))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found = embedding([{"signals": {"embedding": packed(vector)}} for vector in vectors])
    assert np.allclose(found.vectors, vectors, atol=5e-3)
    assert len(embedding([]).vectors) == 0


def test_rows_without_a_joint_embedding_are_described_by_looks_and_it_is_said_why(caplog):
    old = {"look": look(textured(1)).packed(), "signals": {"motion": 2.0}}
    new = old | {"signals": {"motion": 2.0, "embedding": packed(np.ones(256))}}
    failed = old | {"signals": {"motion": 2.0, "embedding": None, "missing": {"embedding": "no frame was looked at"}}}
    with caplog.at_level(logging.WARNING):
        assert np.array_equal(embedding([new, old]).vectors, looks([new, old]).vectors)
        embedding([failed, new])
    assert "1 of 2 clips have no joint embedding (measured before" in caplog.text
    assert "no frame was looked at" in caplog.text
