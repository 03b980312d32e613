"""The graph as a whole: what every asset says of itself, and what runs together."""

import os
from pathlib import Path

import dagster as dg
import pytest

from models.files import read_json, write_json
from models.recipes import FINETUNES
from orchestration.graph import graph
from orchestration.jobs import EVERY_FINETUNE
from orchestration.resources import UnknownProfile, build_resources, profile_named
from serving.home import Home

SNAPSHOT = Path(__file__).with_name("asset_specs.json")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory):
    return graph(build_resources(Home(tmp_path_factory.mktemp("home"))))


@pytest.fixture(scope="module")
def specs(definitions):
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def described(specs, asset_graph):
    checks = {}
    for key in asset_graph.asset_check_keys:
        blocking = asset_graph.get_check_spec(key).blocking if hasattr(asset_graph, "get_check_spec") else None
        checks.setdefault(key.asset_key.to_user_string(), {})[key.name] = blocking
    return {
        name: {
            "group": spec.group_name,
            "kinds": sorted(spec.kinds),
            "owners": sorted(spec.owners),
            "deps": sorted(dep.asset_key.to_user_string() for dep in spec.deps),
            "partitions": type(spec.partitions_def).__name__ if spec.partitions_def else None,
            "checks": dict(sorted(checks.get(name, {}).items())),
        }
        for name, spec in sorted(specs.items())
    }


def test_every_definition_can_be_loaded(definitions):
    dg.Definitions.validate_loadable(definitions)


def test_asset_specs_are_as_they_were_agreed(definitions, specs):
    """Run with CINEMILL_UPDATE_SNAPSHOTS=1 to accept a change, and read the difference."""
    found = described(specs, definitions.resolve_asset_graph())
    if os.environ.get("CINEMILL_UPDATE_SNAPSHOTS"):
        write_json(SNAPSHOT, found)
    assert found == read_json(SNAPSHOT)


def test_every_asset_says_what_it_is_who_owns_it_and_where_it_belongs(specs):
    for name, spec in specs.items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name not in {None, "default"}, name
        assert spec.code_version or name == "champion", name


def test_retraining_is_every_asset_but_the_campaigns(definitions, specs):
    job = definitions.resolve_job_def("retrain")
    made = {key.to_user_string() for key in job.asset_layer.executable_asset_keys}
    assert made == set(specs) - {"campaign", "champion"}


def test_all_finetunes_are_in_the_one_run_of_retraining(definitions):
    for name in ("retrain", "full"):
        tags = definitions.resolve_job_def(name).tags
        assert {key: tags[key] for key in EVERY_FINETUNE} == EVERY_FINETUNE
    assert list(EVERY_FINETUNE.values()) == [FINETUNES[0], FINETUNES[-1]]


def test_the_weekly_schedule_asks_for_one_run_with_all_finetunes(definitions):
    schedule = definitions.resolve_schedule_def("weekly_retraining")
    assert schedule.cron_schedule == "0 3 * * 0"
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, repository_def=definitions.get_repository_def())
        requests = schedule.evaluate_tick(context).run_requests
    assert len(requests) == 1


def test_a_run_s_tag_chooses_the_profile_and_an_unknown_one_is_named(tmp_path, monkeypatch):
    monkeypatch.delenv("CINEMILL_PROFILE", raising=False)
    settings = build_resources(Home(tmp_path))["settings"]

    def chosen(tags):
        with dg.DagsterInstance.ephemeral() as instance:
            seen = []

            @dg.op(required_resource_keys={"settings"})
            def look(context):
                seen.append(context.resources.settings.profile.name)

            @dg.job(resource_defs={"settings": settings})
            def job():
                look()

            job.execute_in_process(instance=instance, tags=tags)
        return seen[0]

    assert chosen({}) == "demo"
    assert chosen({"cinemill/profile": "full"}) == "full"
    monkeypatch.setenv("CINEMILL_PROFILE", "smoke")
    assert chosen({}) == "smoke"
    with pytest.raises(UnknownProfile, match="smoke, demo, full"):
        profile_named("huge")
