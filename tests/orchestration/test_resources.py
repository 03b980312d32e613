import pytest

from orchestration.resources import footage_from_env


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("", ()),
        ("films, s3://bucket/films", ("films", "s3://bucket/films")),
        ("{folder}/me, you and them", ("{folder}/me, you and them",)),
        ("{folder}/me, you and them\nfilms,others\n", ("{folder}/me, you and them", "films", "others")),
    ],
)
def test_footage_is_named_line_by_line_or_between_commas_that_are_in_no_name(tmp_path, monkeypatch, value, sources):
    (tmp_path / "me, you and them").mkdir()
    monkeypatch.setenv("CINEMILL_FOOTAGE", value.format(folder=tmp_path))
    assert footage_from_env() == tuple(source.format(folder=tmp_path) for source in sources)
