import numpy as np

from assets.curation.copies.search import search
from assets.curation.policy import MAX_COPY_RESIDUAL
from tests.assets.curation.looks import look, textured


def test_copies_are_found_among_many_without_comparing_all_pairs():
    looks = [look(textured(seed)) for seed in range(30)]
    looks.append(look([frame[:, ::-1] for frame in textured(4)]))
    looks.append(look([frame[8:86, 10:150] for frame in textured(9)]))
    found = search(looks, MAX_COPY_RESIDUAL)
    assert {(pair.first, pair.second) for pair in found.pairs} == {(4, 30), (9, 31)}
    assert {(pair.first, pair.second): pair.match.mirrored for pair in found.pairs}[4, 30]
    assert found.compared < 0.5 * 32 * 31 / 2


def test_more_looks_than_fit_at_once_are_searched_all_the_same(monkeypatch):
    looks = [look(textured(seed)) for seed in (1, 2, 1, 2, 1)]
    expected = {(0, 2), (0, 4), (2, 4), (1, 3)}
    monkeypatch.setattr("assets.curation.copies.search._PREPARED", 1)
    assert {(pair.first, pair.second) for pair in search(looks, MAX_COPY_RESIDUAL).pairs} == expected


def test_no_looks_have_no_copies():
    assert search([], MAX_COPY_RESIDUAL).pairs == []
    assert search([look([np.zeros((8, 8, 3), np.uint8)])], MAX_COPY_RESIDUAL).compared == 0
