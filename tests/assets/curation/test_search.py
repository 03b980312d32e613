from assets.curation.search import nearest
from assets.curation.signals.embedding import packed
from models.contrastive.embedder import packaged_embedder


def test_the_nearest_come_first_and_no_more_than_asked_for():
    texts = ["a red ball falls", "a blue robot in green hills", "a red ball drops"]
    vectors = [packed(vector) for vector in packaged_embedder().texts(texts)]
    found = nearest("a red ball falls", vectors, 2)
    assert [place for place, _ in found] == [0, 2]
    assert found[0][1] > found[1][1]
    assert nearest("a red ball falls", vectors, 9)[2][0] == 1
    assert nearest("a red ball falls", [], 5) == []
