import pytest

from assets.ingestion.ingest import ingest
from assets.ingestion.sources import discover
from models.files import sha256_file


@pytest.fixture(scope="module")
def rows(hostile_folder, tmp_path_factory):
    found = ingest(discover([str(hostile_folder)]), tmp_path_factory.mktemp("cache"))
    return {row["name"]: row for row in found}


def test_only_the_good_file_of_a_hostile_folder_is_usable(rows):
    assert [name for name, row in rows.items() if row["status"] == "ok"] == ["good.mp4"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty.mp4", "empty file"),
        ("text.mp4", "not a video"),
        ("playlist.mp4", "not a video"),
        ("music.mp3", "no video stream"),
        ("truncated.mp4", "truncated"),
        ("truncated_front.mp4", "truncated"),
        ("wide.mp4", "too large: 20000x16"),
        ("zcopy.mp4", "duplicate of good.mp4"),
    ],
)
def test_each_other_file_is_named_with_its_reason(rows, name, reason):
    assert rows[name]["status"] == "quarantined"
    assert rows[name]["reason"].startswith(reason)


def test_a_usable_file_is_described_as_it_was_made(rows, hostile_folder):
    row = rows["good.mp4"]
    described = (
        row["width"],
        row["height"],
        row["fps"],
        row["duration"],
        row["frames"],
        row["video_codec"],
        row["audio"],
    )
    assert described == (192, 144, 25.0, 2.0, 50, "h264", False)
    assert row["id"] == row["sha256"] == sha256_file(hostile_folder / "good.mp4")


def test_ids_are_unique_although_contents_are_not(rows):
    assert len({row["id"] for row in rows.values()}) == len(rows)
    assert rows["zcopy.mp4"]["sha256"] == rows["good.mp4"]["sha256"]


def test_the_sidecar_sets_the_licence_and_its_absence_is_said(rows):
    assert (rows["good.mp4"]["licence"], rows["good.mp4"]["attribution"]) == ("CC-BY-4.0", "A. Person")
    assert rows["zcopy.mp4"]["licence"] == "unstated (user-supplied)"
