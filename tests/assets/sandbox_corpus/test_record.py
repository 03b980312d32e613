import pytest

from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.record import LICENCE, NoSuchPart, corpus_records
from models.recipes import smoke

_VIDEO = record("video", "train", 0, smoke().world)


def test_a_row_holds_seed_licence_and_both_captions():
    row = _VIDEO.row()
    assert row["id"] == "video-train-000000"
    assert (row["kind"], row["split"], row["seed"], row["licence"]) == ("video", "train", _VIDEO.seed, LICENCE)
    assert row["caption"] in (row["short"], row["long"])


def test_footage_is_no_record():
    assert corpus_records([{"kind": "footage", "id": "f"}, _VIDEO.row()]) == [_VIDEO]


def test_only_edits_have_a_source_and_only_people_a_reference():
    with pytest.raises(NoSuchPart, match="editing"):
        _VIDEO.source  # noqa: B018
    with pytest.raises(NoSuchPart, match="personalization"):
        _VIDEO.other  # noqa: B018
