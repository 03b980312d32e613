import os

import fsspec
import pytest

from assets.ingestion.sources import SourceMissing, discover, fetch


def test_folders_are_searched_in_depth_without_hidden_files_and_sidecars(tmp_path):
    for name in ("a.mp4", "deep/er/b.mp4", ".hidden.mp4", ".git/c.mp4", "a.mp4.json", "deep/footage.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('{"licence": "CC0-1.0"}')
    found = discover([str(tmp_path)])
    assert [source.name for source in found] == ["a.mp4", "deep/er/b.mp4"]
    assert [source.licence for source in found] == ["CC0-1.0", "CC0-1.0"]


def test_the_stamp_changes_when_the_file_does(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_text("one")
    before = discover([str(tmp_path)])
    path.write_text("two!")
    assert discover([str(tmp_path)]) != before


def test_a_remote_file_is_found_and_fetched_once(tmp_path):
    store = fsspec.filesystem("memory")
    store.pipe("/bucket/x.mp4", b"content")
    store.pipe("/bucket/footage.yaml", b"licence: CC-BY-4.0\nattribution: someone")
    (source,) = discover(["memory://bucket"])
    assert (source.uri, source.licence, source.attribution) == ("memory:///bucket/x.mp4", "CC-BY-4.0", "someone")
    copy = fetch(source, tmp_path)
    assert copy.read_bytes() == b"content"
    store.rm("/bucket/x.mp4")
    assert fetch(source, tmp_path) == copy


def test_a_source_that_is_not_there_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceMissing, match="nowhere"):
        discover([str(tmp_path / "nowhere")])


def test_the_packages_footage_carries_licences_and_the_attribution_that_one_asks_for():
    found = {source.name: source for source in discover([])}
    assert found["earth.mp4"].licence == "public domain"
    assert found["cityCC0.mpg"].licence == "CC0-1.0"
    assert found["bigbuckbunny.mp4"].attribution == "(c) Blender Foundation | www.bigbuckbunny.org"
    assert "not stated" in found["bikes.mp4"].licence


def test_loops_of_links_and_names_that_are_no_text_stop_nothing(tmp_path, caplog):
    (tmp_path / "a.mp4").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / os.fsdecode(b"\xff\xfe.mp4")).write_text("x")
    found = discover([str(tmp_path)])
    assert [source.name for source in found] == ["a.mp4"]
    assert "rename it" in caplog.text
