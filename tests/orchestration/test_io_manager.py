"""Pointers between assets."""

import dagster as dg
import pytest

from assets.artifact import DONE, Artifact, folder_digest
from models.files import read_json, write_json, write_text
from orchestration.io_manager import POINTER, ArtifactIOManager, ArtifactMissing

PARTITIONS = dg.StaticPartitionsDefinition(["a", "b", "c"])
EVERY = {"dagster/asset_partition_range_start": "a", "dagster/asset_partition_range_end": "c"}


def made(root, name, text):
    folder = root / name / text
    write_text(folder / "file.txt", text)
    digest = folder_digest(folder)
    write_json(folder / DONE, {"digest": digest, "meta": {"text": text}, "run_id": None})
    return Artifact.open(folder)


def chain(root, seen):
    @dg.asset
    def first() -> dg.MaterializeResult[Artifact]:
        return dg.MaterializeResult(value=made(root, "first", "one"))

    @dg.asset(partitions_def=PARTITIONS, backfill_policy=dg.BackfillPolicy.single_run())
    def several(context: dg.AssetExecutionContext, first: Artifact) -> dict[str, Artifact]:
        seen["first"] = first
        return {key: made(root, f"several/{key}", key) for key in context.partition_keys}

    @dg.asset
    def last(several: dict[str, Artifact]) -> Artifact:
        seen["several"] = several
        return made(root, "last", "end")

    @dg.asset(partitions_def=PARTITIONS)
    def each(several: Artifact) -> None:
        seen["each"] = several

    return [first, several, last], each


def run(assets, root, **options):
    resources = {"io_manager": ArtifactIOManager(root)}
    return dg.materialize(assets, resources=resources, **options)


def test_a_static_partition_range_shares_one_run_with_assets_around_it(tmp_path):
    seen = {}
    assets, _ = chain(tmp_path, seen)
    result = run(assets, tmp_path, tags=EVERY)
    assert result.success
    assert seen["first"].meta == {"text": "one"}
    assert {key: value.meta["text"] for key, value in seen["several"].items()} == {"a": "a", "b": "b", "c": "c"}


def test_a_later_run_loads_what_an_earlier_one_pointed_at(tmp_path):
    seen = {}
    assets, each = chain(tmp_path, seen)
    run(assets, tmp_path, tags=EVERY)
    seen.clear()
    run(assets, tmp_path, selection=["last"])
    assert sorted(seen["several"]) == ["a", "b", "c"]
    run([*assets, each], tmp_path, selection=["each"], partition_key="b")
    assert seen["each"].meta == {"text": "b"}


def test_pointers_are_json_with_paths_relative_to_the_store(tmp_path):
    assets, _ = chain(tmp_path, {})
    run(assets, tmp_path, tags=EVERY)
    pointer = read_json(tmp_path / "several" / "b" / POINTER)
    assert pointer["folder"] == "several/b/b"
    assert not list(tmp_path.rglob("*.pickle"))


def test_a_missing_input_names_the_asset_to_materialise(tmp_path):
    with pytest.raises(ArtifactMissing, match=r"several\[b\].*materialise several first"):
        ArtifactIOManager(tmp_path).current("several", "b")


def test_a_folder_that_is_not_what_the_pointer_names_is_refused(tmp_path):
    artifact = made(tmp_path, "first", "one")
    write_json(tmp_path / "first" / POINTER, {"folder": "first/one", "digest": "0" * 64})
    assert artifact.digest != "0" * 64
    with pytest.raises(ArtifactMissing, match="the pointer names 000000000000"):
        ArtifactIOManager(tmp_path).current("first")


def test_a_partition_key_that_is_a_path_is_refused(tmp_path):
    for key in ("../escape", "a/b", "", ".hidden", "a" * 101):
        with pytest.raises(ValueError, match="not a plain name"):
            ArtifactIOManager(tmp_path).current("campaign", key)


def test_a_value_that_is_no_artifact_is_refused(tmp_path):
    @dg.asset
    def wrong() -> int:
        return 3

    with pytest.raises(TypeError, match="wrong handed over int"):
        run([wrong], tmp_path)
