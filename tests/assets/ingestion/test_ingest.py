import pytest

from assets.ingestion import ingest as ingestion
from assets.ingestion.ingest import ingest, unsettled
from assets.ingestion.sources import discover
from models.files import sha256_file
from tests.assets.videos import moving_pictures, write_video


@pytest.fixture(scope="module")
def rows(hostile_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    found = ingest(discover([str(hostile_folder)]), folder / "cache", folder / "memo")
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


def of_copies(folder, sidecars):
    """Rows of copies of one film in the folders of ``sidecars``, each with the ``footage.yaml`` given."""
    content = write_video(folder / "made.mp4", moving_pictures(10)).read_bytes()
    (folder / "made.mp4").unlink()
    for name, sidecar in sidecars.items():
        (folder / name).mkdir()
        (folder / name / "x.mp4").write_bytes(content)
        (folder / name / "footage.yaml").write_text(sidecar)
    return ingest(discover([str(folder)]), folder / ".cache", folder / ".memo")


def test_copies_under_different_terms_are_not_used(tmp_path):
    rows = of_copies(tmp_path, {"a": "licence: CC0-1.0", "b": "licence: all rights reserved", "c": ""})
    assert {row["status"] for row in rows} == {"quarantined"}
    for row in rows:
        assert row["reason"].startswith("licences disagree: ")
        assert all(part in row["reason"] for part in ("a/x.mp4", "CC0-1.0", "b/x.mp4", "all rights reserved"))


def test_of_copies_the_kept_one_has_the_terms_that_another_states(tmp_path):
    first, second = of_copies(tmp_path, {"a": "", "b": "licence: CC-BY-4.0\nattribution: Ann"})
    assert (first["status"], first["licence"], first["attribution"]) == ("ok", "CC-BY-4.0", "Ann")
    assert second["reason"] == "duplicate of a/x.mp4"


def test_whoever_a_copy_credits_is_credited(tmp_path):
    ann, bob = (f"licence: CC-BY-4.0\nattribution: {name}" for name in ("Ann", "Bob"))
    first, *_ = of_copies(tmp_path, {"a": ann, "b": bob, "c": ann})
    assert (first["status"], first["attribution"]) == ("ok", "Ann; Bob")


def test_what_is_not_opened_is_quarantined_beside_what_is(tmp_path):
    write_video(tmp_path / "a.mp4", moving_pictures(10))
    (tmp_path / "b.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "c.mp4").symlink_to(tmp_path / "nowhere")
    rows = ingest(discover([str(tmp_path)]), tmp_path / ".cache", tmp_path / ".memo")
    assert [(row["name"], row["reason"]) for row in rows] == [
        ("a.mp4", None),
        ("b.mp4", "duplicate of a.mp4"),
        ("c.mp4", "a link that leads to no file (No such file or directory): mend or remove it"),
    ]


def test_only_new_and_changed_files_are_opened_again(tmp_path, monkeypatch):
    footage = tmp_path / "footage"
    footage.mkdir()
    for number, name in enumerate(("a.mp4", "b.mp4")):
        write_video(footage / name, moving_pictures(10, seed=number))
    (footage / "text.mp4").write_text("no video")

    def taken_in():
        read = []
        monkeypatch.setattr(ingestion, "sha256_file", lambda path: read.append(path.name) or sha256_file(path))
        rows = ingest(discover([str(footage)]), tmp_path / "cache", tmp_path / "memo")
        return rows, read

    first, read = taken_in()
    assert read == ["a.mp4", "b.mp4", "text.mp4"]
    again, read = taken_in()
    assert again == first
    assert read == []
    write_video(footage / "b.mp4", moving_pictures(12, seed=5))
    write_video(footage / "c.mp4", moving_pictures(10, seed=6))
    rows, read = taken_in()
    assert read == ["b.mp4", "c.mp4"]
    assert [(row["name"], row["status"], row["frames"]) for row in rows] == [
        ("a.mp4", "ok", 10),
        ("b.mp4", "ok", 12),
        ("c.mp4", "ok", 10),
        ("text.mp4", "quarantined", None),
    ]


def test_only_failures_that_may_be_the_machines_are_unsettled(tmp_path, monkeypatch):
    (tmp_path / "damaged.mp4").write_text("no video")
    write_video(tmp_path / "good.mp4", moving_pictures(10))

    def taken_in():
        rows = ingest(discover([str(tmp_path)]), tmp_path / ".cache", tmp_path / ".memo")
        return {row["name"]: (row["reason"], unsettled(row)) for row in rows}

    with monkeypatch.context() as busy:
        busy.setattr(ingestion, "PROBE_SECONDS", 0.0)
        assert taken_in()["good.mp4"] == ("cannot be read: took longer than 0 s", True)
    rows = taken_in()
    assert rows["good.mp4"] == (None, False)
    assert rows["damaged.mp4"][1] is False


def test_known_files_need_no_child_process(tmp_path, monkeypatch):
    write_video(tmp_path / "a.mp4", moving_pictures(10))
    sources = discover([str(tmp_path / "a.mp4")])
    first = ingest(sources, tmp_path / "cache", tmp_path / "memo")
    monkeypatch.setattr(ingestion.Isolated, "_start", lambda _: pytest.fail("a decoder was started"))
    assert ingest(sources, tmp_path / "cache", tmp_path / "memo") == first
