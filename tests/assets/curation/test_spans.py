import pytest

from assets.curation.spans import cut


@pytest.mark.parametrize(("seconds", "parts"), [(0.4, 1), (16.0, 1), (16.1, 2), (33.0, 3)])
def test_long_shots_are_cut_into_parts_of_at_most_sixteen_seconds(seconds, parts):
    spans = list(cut(2.0, 2.0 + seconds))
    assert len(spans) == parts
    assert spans[0][0] == 2.0
    assert spans[-1][1] == pytest.approx(2.0 + seconds)
    assert all(end - start <= 16.0 + 1e-6 for start, end in spans)


@pytest.mark.parametrize(
    ("seconds", "lengths"),
    [(30.0, [15, 15]), (24.0, [12, 12]), (20.0, [12, 8]), (16.1, [12, 4.1]), (33.0, [12, 12, 9]), (50.0, [12.5] * 4)],
)
def test_parts_are_equal_unless_they_would_be_too_short_for_the_strictest_policy(seconds, lengths):
    assert [end - start for start, end in cut(2.0, 2.0 + seconds)] == pytest.approx(lengths)
