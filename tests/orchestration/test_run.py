"""Runs: whose process is gone."""

import os
import platform
import subprocess
import sys

import dagster as dg
import pytest

from orchestration.graph import graph
from orchestration.process_tag import PROCESS_TAG, process_tag
from orchestration.resources import build_resources
from orchestration.run import bury_dead_runs
from serving.home import Home

HERE = platform.node()


@dg.job
def nothing():
    pass


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(instance, tags, status=dg.DagsterRunStatus.STARTED, parent=None):
    options = {} if parent is None else {"parent_run_id": parent, "root_run_id": parent}
    return instance.create_run_for_job(nothing, status=status, tags=tags, **options).run_id


def test_runs_whose_process_is_gone_are_failed_and_those_of_a_later_process_with_its_pid(instance):
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    living = run(instance, process_tag())
    later = run(instance, {PROCESS_TAG: f"{os.getpid()}:1:{HERE}"})
    dead = run(instance, {PROCESS_TAG: f"{int(ended.stdout)}:1:{HERE}"})
    elsewhere = run(instance, {PROCESS_TAG: f"{int(ended.stdout)}:1:another-machine"})
    stopping = run(instance, {PROCESS_TAG: f"1:1:{HERE}"}, dg.DagsterRunStatus.CANCELING)
    nameless = run(instance, {})
    assert set(bury_dead_runs(instance)) == {later, dead, stopping}
    assert bury_dead_runs(instance, nameless=True) == [nameless]
    assert {instance.get_run_by_id(one).status for one in (living, elsewhere)} == {dg.DagsterRunStatus.STARTED}
    assert instance.get_run_by_id(dead).status == dg.DagsterRunStatus.FAILURE
    assert instance.get_run_by_id(stopping).status == dg.DagsterRunStatus.CANCELED


def test_a_run_that_is_tried_again_is_not_taken_for_the_one_before(instance):
    tags = {PROCESS_TAG: f"1:1:{HERE}"}
    first = run(instance, tags)
    again = run(instance, tags, parent=first)
    assert bury_dead_runs(instance) == [first]
    assert instance.get_run_by_id(again).status == dg.DagsterRunStatus.STARTED


def test_a_run_that_a_daemon_launched_says_which_process_it_has(instance, tmp_path):
    @dg.asset
    def at_home():
        return dg.MaterializeResult()

    given = {"io_manager": build_resources(Home(tmp_path))["io_manager"]}
    result = dg.materialize([at_home], resources=given, instance=instance, tags={PROCESS_TAG: "1:1:x"})
    assert process_tag().items() <= instance.get_run_by_id(result.run_id).tags.items()


def test_every_step_comes_by_where_runs_are_named(tmp_path):
    definitions = graph(build_resources(Home(tmp_path)))
    for job in definitions.resolve_all_job_defs():
        for node in job.nodes:
            assert all(output.io_manager_key == "io_manager" for output in node.definition.output_defs), node.name
            assert node.definition.output_defs, node.name
