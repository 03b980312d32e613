import numpy as np
import pytest

from orchestration.benches import copies as bench


@pytest.fixture(scope="module")
def originals():
    return list(bench.rendered_originals(3))


def test_the_bench_finds_the_copies_of_a_few_clips_and_nothing_else(originals, monkeypatch):
    monkeypatch.setattr(bench, "footage_originals", lambda: iter(()))
    monkeypatch.setattr(bench, "rendered_originals", lambda _: iter(originals))
    figures = bench.run()
    assert figures["copies"] == 6 * len(originals)
    assert figures["copy_unrelated_pairs"] == 3 * 7 * 7
    assert figures["copy_recall"] > 0.9
    assert figures["copy_false_positive"] == 0.0
    assert 0 < figures["copy_compared_share"] <= 1


def test_no_two_rendered_originals_share_ground_colour_and_kind(originals):
    assert len({original.group for original in originals}) == len(originals)


def test_copies_are_what_they_are_called(originals):
    made = {kind: (frames, fps) for kind, frames, fps, _ in bench.copies(originals[0], np.random.default_rng(0))}
    whole = originals[0].frames
    assert np.array_equal(made["reencoded"][0], whole)
    assert np.array_equal(made["mirrored"][0], whole[:, :, ::-1])
    height, width = made["cropped"][0].shape[1:3]
    assert 0.68 * whole.shape[1] <= height < whole.shape[1]
    assert 0.68 * whole.shape[2] <= width < whole.shape[2]
    assert made["resized"][0].shape[2] < 0.75 * whole.shape[2]
    assert len(made["retimed"][0]) < len(whole)
    assert made["retimed"][1] != originals[0].fps
