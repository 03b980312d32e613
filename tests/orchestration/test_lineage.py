import json
from contextlib import closing
from io import StringIO

import pytest
from rich.console import Console
from typer.testing import CliRunner

from assets.artifact import Artifact, Built
from assets.warm_start import LEARNT
from orchestration.cli import app
from orchestration.lineage import NoSuchDeliverable, trace
from orchestration.tables import lineage_tables
from orchestration.tracking import MlflowTracker
from serving.catalog import Catalog, Deliverable, PromptRewrite, UnknownDeliverable
from serving.home import Home

DIGEST = "d" * 32


def footage_row(**changes):
    return {
        "id": "f" * 64, "sha256": "f" * 64, "path": "/x/bunny.mp4", "name": "bunny.mp4", "bytes": 5,
        "licence": "CC BY 3.0", "attribution": "(c) Blender Foundation", "origin": "package", "status": "ok",
        **changes,
    }  # fmt: skip


@pytest.fixture
def home(tmp_path):
    """Two clips of one file, a model averaged from two finetunes, a delivered film."""
    home = Home(tmp_path / "home")
    catalog = Catalog(home.catalog_url)
    catalog.record_footage([footage_row()])
    span = {"source": "f" * 64, "width": 64, "height": 64, "fps": 16.0}
    catalog.record_clips([{"id": name, "start": 0.0, "end": 1.0, **span} for name in ("c1", "c2")])
    rows = [{"id": name, "kind": "footage", "split": "train"} for name in ("c1", "c2")]
    catalog.record_dataset(DIGEST, [*rows, {"id": "s1", "kind": "video", "split": "train"}])
    tracker = MlflowTracker(home)

    def build(name, parents):
        inputs = {key: Artifact(tmp_path, key, {}, run) for key, run in parents.items()}
        return tracker.record(name, params={}, built=Built(), inputs=inputs, tags={})

    base = build("joint_high", {})
    tuned = {f"finetunes.{name}": build(f"finetunes-{name}", {"joint_high": base}) for name in ("a", "b")}
    bundle = build("serving_bundle", {"averaged_model": build("averaged_model", tuned)})
    client = tracker.client
    client.create_registered_model("cinemill")
    version = client.create_model_version("cinemill", "file:///nowhere", tags={"parent.bundle": bundle, "git": "abc"})
    catalog.record_deliverable(
        Deliverable(
            sha256="0" * 64,
            campaign="spring",
            variant="kids-en",
            prompt="a red ball",
            seed=3,
            model_name="cinemill",
            model_version=str(version.version),
            dataset_digest=DIGEST,
            run_id="r",
            path="/x/film.mp4",
            rewrite=PromptRewrite(text="a red ball rolls", rewriter="rules-1"),
        )
    )
    catalog.close()
    return home


def test_the_command_traces_several_films(home, monkeypatch):
    monkeypatch.setattr("orchestration.lineage.MlflowRegistry.version", _tags_only)
    monkeypatch.setenv("CINEMILL_HOME", str(home.root))
    result = CliRunner().invoke(app, ["lineage", "0" * 64, "0" * 64, "--json"])
    assert result.exit_code == 0
    told = [json.loads(line) for line in result.stdout.splitlines()]
    assert [chain["campaign"] for chain in told] == ["spring", "spring"]


def test_what_the_weights_had_learnt_before_is_part_of_the_chain(home, monkeypatch):
    monkeypatch.setattr("orchestration.lineage.MlflowRegistry.version", _tags_only)
    MlflowTracker(home).client.set_model_version_tag("cinemill", "1", LEARNT, "e" * 32)
    with closing(Catalog(home.catalog_url)) as catalog:
        catalog.record_footage([footage_row(id="a" * 64, sha256="a" * 64, name="cat.mp4", licence="CC BY 4.0")])
        span = {"source": "a" * 64, "width": 64, "height": 64, "fps": 16.0}
        catalog.record_clips([{"id": "c3", "start": 0.0, "end": 1.0, **span}])
        catalog.record_dataset("e" * 32, [{"id": name, "kind": "footage", "split": "train"} for name in ("c1", "c3")])
    chain = trace("0" * 64, home)
    assert (chain.dataset_digest, chain.learnt_before) == (DIGEST, ("e" * 32,))
    assert {clip["id"] for clip in chain.clips} == {"c1", "c2", "c3"}
    assert {source.name: source.clips for source in chain.sources} == {"bunny.mp4": 2, "cat.mp4": 1}


def test_the_chain_leads_from_the_film_to_files_with_licences(home, monkeypatch):
    monkeypatch.setattr("orchestration.lineage.MlflowRegistry.version", _tags_only)
    chain = trace("0" * 64, home)
    assert (chain.campaign, chain.prompt, chain.seed) == ("spring", "a red ball", 3)
    assert (chain.rewritten_prompt, chain.rewriter) == ("a red ball rolls", "rules-1")
    assert chain.model["tags"]["git"] == "abc"
    assert [run.name for run in chain.runs] == [
        "serving_bundle", "averaged_model", "finetunes-a", "finetunes-b", "joint_high",
    ]  # fmt: skip
    assert sorted(chain.averaged) == ["finetunes-a", "finetunes-b"]
    assert {clip["id"] for clip in chain.clips} == {"c1", "c2"}
    (source,) = chain.sources
    assert (source.name, source.licence, source.attribution, source.clips) == (
        "bunny.mp4", "CC BY 3.0", "(c) Blender Foundation", 2,
    )  # fmt: skip
    written = StringIO()
    console = Console(file=written, width=200)
    for table in lineage_tables(chain):
        console.print(table)
    for word in (
        "spring / kids-en",
        "finetunes-a, finetunes-b",
        "bunny.mp4",
        "CC BY 3.0",
        DIGEST,
        "rewritten by rules-1",
        "a red ball rolls",
    ):
        assert word in written.getvalue()
    assert chain.as_json()["sources"][0]["licence"] == "CC BY 3.0"


def _tags_only(registry, number):
    """The version's tags: the files of a version are the registry's own tests' subject."""
    from assets.ports import ModelVersion

    found = registry._tracker.client.get_model_version("cinemill", str(number))
    return ModelVersion(number, "", None, None, dict(found.tags))


def test_a_changed_file_is_no_deliverable(home, tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"changed")
    with pytest.raises(UnknownDeliverable):
        trace(str(tmp_path / "film.mp4"), home)


def test_what_is_neither_file_nor_digest_is_named(home):
    with pytest.raises(NoSuchDeliverable, match="nothing here"):
        trace("nothing here", home)
