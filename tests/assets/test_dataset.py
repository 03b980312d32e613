"""The data half of the graph as one: footage to dataset, on a folder of good and hostile files."""

import dagster as dg
import pytest

import assets.curated
import assets.data_card
import assets.dataset
import assets.footage
import assets.sandbox
from assets.artifact import Artifact
from assets.manifest import read_manifest
from assets.store import Store
from models.recipes import PROFILES
from orchestration.io_manager import ArtifactIOManager
from orchestration.resources import RunSettings
from serving.catalog import Catalog
from serving.home import Home
from tests.assets.videos import moving_pictures, write_video

MODULES = [assets.footage, assets.curated, assets.sandbox, assets.dataset, assets.data_card]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("home")
        patch.setenv("CINEMILL_HOME", str(root))
        yield Home(root)


def materialized(home, folder, modules, **options):
    resources = {
        "store": Store(home.store, None),
        "settings": RunSettings(PROFILES["smoke"](), [str(folder)]),
        "home": home,
        "io_manager": ArtifactIOManager(home.store),
    }
    definitions = [*dg.load_assets_from_modules(modules), *dg.load_asset_checks_from_modules(modules)]
    return dg.materialize(definitions, resources=resources, **options)


@pytest.fixture(scope="module")
def materialize(home, hostile_folder):
    return lambda: materialized(home, hostile_folder, MODULES)


@pytest.fixture(scope="module")
def first(materialize):
    return materialize()


@pytest.fixture(scope="module")
def second(first, materialize):
    return materialize()


def version(result, name):
    return result.asset_materializations_for_node(name)[0].tags["dagster/data_version"]


def test_the_good_clip_of_a_hostile_folder_reaches_the_dataset(first, home):
    assert first.success
    kept = [row for row in read_manifest(home.manifests / "dataset.jsonl") if row["kind"] == "footage"]
    assert len(kept) == 1
    assert (kept[0]["licence"], kept[0]["attribution"]) == ("CC-BY-4.0", "A. Person")


def test_every_check_passed_and_each_manifest_has_one(first):
    checks = first.get_asset_check_evaluations()
    assert all(check.passed for check in checks)
    checked = {check.asset_key.to_user_string() for check in checks}
    assert checked >= {"footage", "clips", "curated_clips", "captions", "dataset"}


def test_the_quarantined_files_are_in_the_catalog_with_their_reasons(first, home):
    catalog = Catalog(home.catalog_url)
    refused = {row.name: row.reason for row in catalog.footage("quarantined")}
    catalog.close()
    assert set(refused) == {
        "empty.mp4",
        "text.mp4",
        "playlist.mp4",
        "music.mp3",
        "truncated.mp4",
        "truncated_front.mp4",
        "wide.mp4",
        "zcopy.mp4",
    }
    assert all(refused.values())


def test_the_digest_is_the_same_in_dvc_and_dagster_and_the_catalog(first, home):
    md5 = version(first, "dataset")
    assert f"md5: {md5}" in (home.root / "dvc.lock").read_text()
    artifact = first.output_for_node("dataset")
    assert isinstance(artifact, Artifact)
    assert artifact.digest == md5
    catalog = Catalog(home.catalog_url)
    assert [source.name for source in catalog.sources_of_dataset(md5)] == ["good.mp4"]
    catalog.close()


def test_an_artifact_opens_as_it_was_handed_over(first):
    artifact = first.output_for_node("curated_clips")
    assert Artifact.open(artifact.folder) == artifact
    assert (artifact.folder / "retention.png").exists()


def test_the_dataset_has_a_data_card_that_names_the_licence(first):
    artifact = first.output_for_node("data_card")
    card = (artifact.folder / "card.md").read_text()
    assert "| CC-BY-4.0 | A. Person |" in card
    assert (artifact.folder / "card.html").exists()
    assert (artifact.folder / "kept.png").exists()
    shown = first.asset_materializations_for_node("data_card")[0].metadata["data_card"].value
    assert "CC-BY-4.0" in shown


def test_a_second_run_finds_everything_unchanged(first, second):
    names = ("footage", "clips", "curated_clips", "captions", "dataset", "data_card")
    assert [version(second, name) for name in names] == [version(first, name) for name in names]
    for name in names:
        assert second.asset_materializations_for_node(name)[0].metadata["reused"].value is True


def test_a_file_that_was_away_for_a_while_is_cut_by_the_next_run(tmp_path, monkeypatch):
    home = Home(tmp_path / "home")
    monkeypatch.setenv("CINEMILL_HOME", str(home.root))
    (tmp_path / "footage").mkdir()
    path = write_video(tmp_path / "footage" / "a.mp4", moving_pictures(30))
    errors = []
    with dg.DagsterInstance.ephemeral() as instance:

        def run(*selection):
            options = {"selection": list(selection), "instance": instance}
            assert materialized(home, path.parent, [assets.footage], **options).success

        run("footage")
        path.rename(tmp_path / "away.mp4")
        run("clips")
        errors.append(read_manifest(home.manifests / "clips.jsonl")[0]["error"])
        (tmp_path / "away.mp4").rename(path)
        run("clips")
        errors.append(read_manifest(home.manifests / "clips.jsonl")[0]["error"])
    assert errors[0].startswith("FileNotFoundError")
    assert errors[1] is None
