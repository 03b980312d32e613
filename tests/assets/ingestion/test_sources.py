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


def rights_of(folder, files):
    for name, content in {"a.mp4": "x", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    found = {source.name: (source.licence, source.attribution) for source in discover([str(folder)])}
    return found.get("deep/a.mp4", found["a.mp4"])


@pytest.mark.parametrize(
    "sidecar",
    ['{"title": "IMG_1.MP4", "photoTakenTime": {"timestamp": "1"}}', '["CC0-1.0"]', '{"licence": null}', '"refused"'],
)
def test_a_sidecar_that_says_nothing_of_rights_leaves_them_to_the_folder(tmp_path, sidecar):
    files = {"a.mp4.json": sidecar, "footage.yaml": "licence: CC-BY-4.0\nattribution: Ann"}
    assert rights_of(tmp_path, files) == ("CC-BY-4.0", "Ann")


@pytest.mark.parametrize("sidecar", ["{", b"\xff", "\x00"])
def test_footage_whose_rights_cannot_be_read_is_refused_and_no_other(tmp_path, sidecar):
    files = {"a.mp4.json": sidecar, "b.mp4": "x", "footage.yaml": "licence: CC0-1.0"}
    rights_of(tmp_path, files)
    found = {source.name: source for source in discover([str(tmp_path)])}
    assert found["a.mp4"].refused.startswith("its rights cannot be read: a.mp4.json")
    assert (found["b.mp4"].refused, found["b.mp4"].licence) == (None, "CC0-1.0")


def test_a_folder_whose_rights_cannot_be_read_refuses_what_does_not_state_its_own(tmp_path):
    own = '{"licence": "CC-BY-4.0", "attribution": "Ann"}'
    rights_of(tmp_path, {"a.mp4.json": own, "b.mp4": "x", "footage.yaml": "licence: ["})
    found = {source.name: source for source in discover([str(tmp_path)])}
    assert (found["a.mp4"].refused, found["a.mp4"].licence) == (None, "CC-BY-4.0")
    assert "footage.yaml" in found["b.mp4"].refused


def test_a_sidecar_with_a_byte_order_mark_is_read(tmp_path):
    assert rights_of(tmp_path, {"a.mp4.json": '\ufeff{"license": "CC0-1.0"}'}) == ("CC0-1.0", None)


def test_licence_and_attribution_are_each_taken_from_the_nearest_that_states_them(tmp_path):
    files = {
        "deep/a.mp4": "x",
        "deep/a.mp4.json": '{"title": "x"}',
        "deep/footage.yaml": "attribution: Bob",
        "footage.yaml": "licence: CC-BY-4.0\nattribution: Ann",
    }
    assert rights_of(tmp_path, files) == ("CC-BY-4.0", "Bob")


def test_a_folder_above_the_source_says_nothing_of_it(tmp_path):
    (tmp_path / "footage.yaml").write_text("licence: CC0-1.0")
    (tmp_path / "inside").mkdir()
    assert rights_of(tmp_path / "inside", {}) == ("unstated (user-supplied)", None)


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


def test_what_is_no_file_is_refused_by_name_and_stops_nothing(tmp_path):
    (tmp_path / "a.mp4").write_text("x")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.mp4").symlink_to(tmp_path / "loop.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / os.fsdecode(b"\xff\xfe.mp4")).write_text("x")
    refused = {source.name: source.refused for source in discover([str(tmp_path)])}
    assert refused.pop("a.mp4") is None
    assert refused == {
        "broken.mp4": "a link that leads to no file (No such file or directory): mend or remove it",
        "folder": "a link to a folder: name that folder as a source",
        "loop.mp4": "a link that leads to no file (Too many levels of symbolic links): mend or remove it",
        "pipe.mp4": "not a regular file",
        "\\udcff\\udcfe.mp4": "its name is not UTF-8: rename it",
    }


def test_a_link_to_a_file_is_that_file(tmp_path):
    (tmp_path / "store").mkdir()
    target = tmp_path / "store" / "x"
    target.write_text("one")
    (tmp_path / "footage").mkdir()
    (tmp_path / "footage" / "a.mp4").symlink_to(target)
    (before,) = discover([str(tmp_path / "footage")])
    assert (before.refused, before.bytes, before.name) == (None, 3, "a.mp4")
    assert fetch(before, tmp_path).read_text() == "one"
    target.write_text("two")
    os.utime(target, (1, 1))
    assert discover([str(tmp_path / "footage")]) != [before]


def test_a_source_that_holds_only_what_is_refused_is_an_error_that_says_why(tmp_path):
    (tmp_path / "broken.mp4").symlink_to(tmp_path / "nowhere")
    with pytest.raises(SourceMissing, match=r"holds no file; broken\.mp4: a link that leads to no file"):
        discover([str(tmp_path)])


def test_a_local_name_is_no_chain_of_places(tmp_path, monkeypatch):
    (tmp_path / "b::c.mp4").write_text("whole")
    monkeypatch.chdir(tmp_path)
    for uri in (str(tmp_path), "b::c.mp4", "."):
        (source,) = discover([uri])
        assert source.name == "b::c.mp4"
        assert fetch(source, tmp_path / "cache").read_text() == "whole"


def test_a_remote_name_that_reads_as_a_chain_is_refused():
    store = fsspec.filesystem("memory")
    store.pipe("/chained/b::c.mp4", b"content")
    store.pipe("/chained/d.mp4", b"content")
    refused = {source.name: source.refused for source in discover(["memory://chained"])}
    assert "rename it" in refused["b::c.mp4"]
    assert refused["d.mp4"] is None
