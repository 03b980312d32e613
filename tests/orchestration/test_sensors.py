"""Sensors, evaluated on an ephemeral instance."""

import json
import os
from pathlib import Path

import dagster as dg
import pytest
from PIL import Image

from models.files import read_json, write_json, write_text
from orchestration.sensors import campaign_intake, champion_change, run_failure
from serving.home import Home

BRIEF = """
product: Stella
message: Shine
audiences: [{name: all, prompt: a white star spins on a black background}]
locales: [en]
aspect_ratios: ["16:9"]
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CINEMILL_HOME", str(tmp_path))
    return Home(tmp_path)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def serve(home, version):
    write_json(home.champion / "manifest.json", {"lineage": {"model_version": version}})


def intake(instance, cursor=None):
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    return campaign_intake(context), context


def test_briefs_wait_until_there_is_a_champion(home, instance):
    write_text(home.briefs / "stella.yaml", BRIEF)
    result, _ = intake(instance)
    assert "no champion" in result.skip_message


def test_a_new_brief_becomes_a_partition_and_a_run(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF)
    result, _ = intake(instance)
    assert [request.partition_key for request in result.run_requests] == ["stella"]
    assert result.dynamic_partitions_requests[0].partition_keys == ["stella"]


def test_a_brief_runs_once_until_it_changes(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF)
    first, _ = intake(instance)
    again, _ = intake(instance, first.cursor)
    assert "no new brief" in again.skip_message
    write_text(home.briefs / "stella.yaml", BRIEF + "seed: 3\n")
    changed, _ = intake(instance, first.cursor)
    write_text(home.briefs / "stella.yaml", BRIEF)
    back, _ = intake(instance, changed.cursor)
    keys = {result.run_requests[0].run_key for result in (first, changed, back)}
    assert len(keys) == 3


def test_what_editors_leave_beside_briefs_is_passed_over(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF)
    (home.briefs / ".#stella.yaml").symlink_to("somebody@somewhere.1")
    (home.briefs / "gone.yaml").symlink_to("nowhere.yaml")
    write_text(home.briefs / ".stella.1234.tmp.yaml", "{")
    Path(os.fsdecode(os.fsencode(home.briefs) + b"/fr\xfchling.yaml")).write_text(BRIEF)
    result, _ = intake(instance)
    assert [request.partition_key for request in result.run_requests] == ["stella"]
    assert not list(home.briefs.glob("*.error.json"))


def test_two_files_of_one_campaign_are_refused(home, instance):
    serve(home, 1)
    for name in ("stella.yaml", "stella.yml", "luna.yaml"):
        write_text(home.briefs / name, BRIEF)
    result, _ = intake(instance)
    assert [request.partition_key for request in result.run_requests] == ["luna"]
    assert "keep one" in read_json(home.briefs / "stella.yml.error.json")["error"]
    (home.briefs / "stella.yaml").unlink()
    again, _ = intake(instance, result.cursor)
    assert [request.partition_key for request in again.run_requests] == ["stella"]
    assert not (home.briefs / "stella.yml.error.json").exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.yaml", BRIEF.replace("product: Stella\n", ""), "product"),
        ("locale.yaml", BRIEF.replace("[en]", "[xx-YY]"), "locales"),
        ("refused.yaml", BRIEF.replace("a white star", "a naked woman"), "sexual"),
        ("named.yaml", BRIEF + "id: other\n", "name the file other.yaml"),
        ("injection.yaml", BRIEF + 'id: "a\'; drop table runs--"\n', "id"),
        ("broken.yaml", "{", "YAML"),
        ("dated.yaml", BRIEF.replace("Stella", "2024-02-30"), "YAML"),
        ("deep.yaml", "[" * 5000, "YAML"),
        ("null.yaml", BRIEF + 'reference_image: "a\\0b.png"\n', "reference_image"),
    ],
)
def test_a_bad_brief_gets_its_reason_beside_it_and_the_others_go_on(home, instance, name, content, reason):
    serve(home, 1)
    write_text(home.briefs / name, content)
    write_text(home.briefs / "stella.yaml", BRIEF)
    result, _ = intake(instance)
    assert [request.partition_key for request in result.run_requests] == ["stella"]
    assert reason in read_json(home.briefs / f"{name}.error.json")["error"]
    again, _ = intake(instance, result.cursor)
    assert "no new brief" in again.skip_message


def test_a_corrected_brief_loses_its_mark(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF.replace("product", "produkt"))
    _, context = intake(instance)
    assert (home.briefs / "stella.yaml.error.json").exists()
    write_text(home.briefs / "stella.yaml", BRIEF)
    result, _ = intake(instance, context.cursor)
    assert len(result.run_requests) == 1
    assert not (home.briefs / "stella.yaml.error.json").exists()


def test_another_champion_is_reported_once(home, instance):
    def evaluate(cursor=None):
        return champion_change(dg.build_sensor_context(instance=instance, cursor=cursor))

    assert "nothing was promoted" in evaluate().skip_message
    serve(home, 3)
    result = evaluate()
    assert result.asset_events[0].asset_key == dg.AssetKey("champion")
    assert result.asset_events[0].metadata["model_version"].value == 3
    assert "still serves" in evaluate(result.cursor).skip_message
    serve(home, 2)
    assert evaluate(result.cursor).cursor == "2"


def test_a_failed_run_is_written_down_with_its_reason(home, instance):
    @dg.op
    def broken():
        raise ValueError("no footage")

    @dg.job
    def training():
        broken()

    result = training.execute_in_process(instance=instance, raise_on_error=False)
    event = next(event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE")
    context = dg.build_run_status_sensor_context(
        sensor_name="run_failure", dagster_instance=instance, dagster_run=result.dagster_run, dagster_event=event
    )
    run_failure(context.for_run_failure())
    report = read_json(home.root / "failures" / f"{result.run_id}.json")
    assert report["job"] == "training"
    assert "no footage" in json.dumps(report["steps"])


def test_a_refused_brief_is_looked_at_again_when_what_it_names_has_come(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF + "reference_image: me.png\n")
    refused, context = intake(instance)
    assert "stella.yaml" in refused.skip_message
    mark = home.briefs / "stella.yaml.error.json"
    written = mark.stat().st_mtime_ns
    again, context = intake(instance, context.cursor)
    assert "refused now: none" in again.skip_message
    assert mark.stat().st_mtime_ns == written
    Image.new("RGB", (64, 64), "blue").save(home.briefs / "me.png")
    accepted, _ = intake(instance, context.cursor)
    assert [request.partition_key for request in accepted.run_requests] == ["stella"]
    assert not mark.exists()


def test_a_brief_that_bears_a_refusal_is_looked_at_again_whatever_the_cursor_says(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF)
    accepted, _ = intake(instance)
    write_json(home.briefs / "stella.yaml.error.json", {"brief": "stella.yaml", "error": "an earlier release's"})
    again, _ = intake(instance, accepted.cursor)
    assert [request.partition_key for request in again.run_requests] == ["stella"]
    assert not (home.briefs / "stella.yaml.error.json").exists()


def test_a_brief_that_was_taken_away_is_forgotten(home, instance):
    serve(home, 1)
    write_text(home.briefs / "stella.yaml", BRIEF)
    first, _ = intake(instance)
    (home.briefs / "stella.yaml").unlink()
    _, context = intake(instance, first.cursor)
    write_text(home.briefs / "stella.yaml", BRIEF)
    back, _ = intake(instance, context.cursor)
    assert [request.partition_key for request in back.run_requests] == ["stella"]
