import pytest

from assets.curation.spans import cut


@pytest.mark.parametrize(("seconds", "parts"), [(0.4, 1), (16.0, 1), (16.1, 2), (33.0, 3)])
def test_long_shots_are_cut_into_equal_parts_of_at_most_sixteen_seconds(seconds, parts):
    spans = list(cut(2.0, 2.0 + seconds))
    assert len(spans) == parts
    assert spans[0][0] == 2.0
    assert spans[-1][1] == pytest.approx(2.0 + seconds)
    assert all(end - start <= 16.0 + 1e-6 for start, end in spans)
