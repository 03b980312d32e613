"""Runs: whose process is gone."""

import os
import subprocess
import sys

import dagster as dg

from orchestration.graph import graph
from orchestration.process_tag import PROCESS_TAG, process_tag
from orchestration.resources import build_resources
from orchestration.run import bury_dead_runs
from serving.home import Home


@dg.job
def nothing():
    pass


def test_runs_whose_process_is_gone_are_failed_and_those_of_a_later_process_with_its_pid():
    with dg.DagsterInstance.ephemeral() as instance:
        ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
        tags = [
            process_tag(),
            {PROCESS_TAG: f"{os.getpid()}:1"},
            {PROCESS_TAG: f"{int(ended.stdout)}:1"},
            {},
        ]
        started = [
            instance.create_run_for_job(nothing, status=dg.DagsterRunStatus.STARTED, tags=each).run_id for each in tags
        ]
        assert set(bury_dead_runs(instance)) == {started[1], started[2]}
        assert bury_dead_runs(instance, nameless=True) == [started[3]]
        assert instance.get_run_by_id(started[0]).status == dg.DagsterRunStatus.STARTED


def test_a_run_that_a_daemon_launched_says_which_process_it_has(tmp_path):
    resources = build_resources(Home(tmp_path))

    @dg.asset
    def at_home(home: dg.ResourceParam[Home]) -> str:
        return str(home.root)

    with dg.DagsterInstance.ephemeral() as instance:
        stale = {PROCESS_TAG: "1:1"}  # of the run that is tried again
        result = dg.materialize(
            [at_home],
            resources={"home": resources["home"], "io_manager": dg.mem_io_manager},
            instance=instance,
            tags=stale,
        )
        assert result.output_for_node("at_home") == str(tmp_path)
        assert process_tag().items() <= instance.get_run_by_id(result.run_id).tags.items()


def test_every_job_has_the_home(tmp_path):
    definitions = graph(build_resources(Home(tmp_path)))
    for name in ("retrain", "campaign"):
        needed = {
            key for node in definitions.resolve_job_def(name).nodes for key in node.definition.required_resource_keys
        }
        assert "home" in needed
