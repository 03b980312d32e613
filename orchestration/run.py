"""Running the graph in this process: what the demo, the command line and the end-to-end test do."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg

from assets.campaigns import CAMPAIGNS, brief_key
from models.files import write_text
from orchestration.failures import failures
from orchestration.graph import graph
from orchestration.instance import instance
from orchestration.jobs import EVERY_FINETUNE
from orchestration.locks import using
from orchestration.process_tag import PROCESS_TAG, gone, process_tag
from orchestration.progress import RUN_CONFIG, Listener, listening
from orchestration.resources import PROFILE_TAG, build_resources
from serving.home import Home

_UNFINISHED = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]


class ChainFailed(RuntimeError):
    """A run of the graph failed; the message names each failed step or blocking check, and why."""


@dataclass
class ChainReport:
    """What ran.

    Attributes:
        run_ids: Dagster run ids, in order.
        seconds: Wall-clock seconds of each step: an asset by its name, a check by ``<asset>_<check>``.
    """

    run_ids: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


def run_chain(
    home: Home,
    *,
    profile: str = "demo",
    footage: Sequence[str] = (),
    selection: Sequence[str] | None = None,
    listener: Listener | None = None,
) -> ChainReport:
    """Footage to promotion, in one Dagster run.

    Args:
        home: Where everything is written; ``CINEMILL_HOME`` is set to it, for child processes too.
        profile: ``smoke``, ``demo`` or ``full``.
        footage: Folders or URIs; the packages' footage when empty.
        selection: Names of assets; by default the whole chain. Their inputs must have been made.
        listener: Hears each event as it happens.

    Raises:
        ChainFailed: A step or a blocking check failed. What finished stays, and is found again.
    """
    tags = {**EVERY_FINETUNE, PROFILE_TAG: profile}
    return _execute(home, "retrain", profile, footage, tags=tags, selection=selection, listener=listener)


def run_campaign_brief(
    home: Home, brief: Path, *, profile: str = "demo", listener: Listener | None = None
) -> ChainReport:
    """Deliver one brief with the champion, in one Dagster run: the partition named by the brief's id.

    A dynamic partition cannot share a run with the finetunes' static ones, so a campaign is a run of its own.

    Raises:
        serving.campaign.brief.BriefInvalid: The brief is not valid; the message names the field.
        ChainFailed: There is no champion, or a prompt was refused, or a deliverable failed its checks.
    """
    key = brief_key(brief)
    adopt_brief(home, brief)
    with instance(home) as dagster_instance:
        dagster_instance.add_dynamic_partitions(str(CAMPAIGNS.name), [key])
    return _execute(home, "campaign", profile, (), tags={PROFILE_TAG: profile}, partition=key, listener=listener)


def adopt_brief(home: Home, brief: Path) -> Path:
    """Put a brief into the home's folder, in the place of an earlier one; its reference image stays where it is."""
    import yaml

    if brief.resolve().parent == home.briefs.resolve():
        return brief
    target = home.briefs / f"{brief.stem}.yaml"
    content = yaml.safe_load(brief.read_text(encoding="utf-8"))
    if content.get("reference_image"):
        content["reference_image"] = str((brief.parent / content["reference_image"]).resolve())
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    if not target.exists() or target.read_text(encoding="utf-8") != text:  # the sensor looks at when it was written
        write_text(target, text)
    target.with_suffix(".yml").unlink(missing_ok=True)
    return target


def _execute(
    home: Home,
    job: str,
    profile: str,
    footage: Sequence[str],
    *,
    tags: Mapping[str, str],
    selection: Sequence[str] | None = None,
    partition: str | None = None,
    listener: Listener | None = None,
) -> ChainReport:
    os.environ["CINEMILL_HOME"] = str(home.root)
    definitions = graph(build_resources(home, profile=profile, footage=footage))
    with using(home), instance(home) as dagster_instance, listening(listener):
        bury_dead_runs(dagster_instance)
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=dagster_instance,
            partition_key=partition,
            asset_selection=None if selection is None else [dg.AssetKey(name) for name in selection],
            tags={**tags, **process_tag()},
            run_config=RUN_CONFIG,
            raise_on_error=False,
        )
    if not result.success:
        raise ChainFailed(
            f"run {result.run_id} of {job} failed:\n" + "\n".join(f"  {line}" for line in failures(result.all_events))
        )
    return ChainReport([result.run_id], step_seconds(result.all_events))


def step_seconds(events: Sequence[dg.DagsterEvent]) -> dict[str, float]:
    """Wall-clock seconds of each finished step, under the name of the asset that it made, if any."""
    assets = {
        str(event.step_key): event.asset_key.to_user_string()
        for event in events
        if event.is_step_materialization and event.asset_key is not None
    }
    return {
        assets.get(str(event.step_key), str(event.step_key)): event.step_success_data.duration_ms / 1000
        for event in events
        if event.is_step_success
    }


def bury_dead_runs(dagster_instance: dg.DagsterInstance, *, nameless: bool = False) -> list[str]:
    """Mark runs as failed whose process is gone: a killed process cannot do it itself. Returns their ids.

    Args:
        dagster_instance: Whose runs.
        nameless: Also those that do not say which process they have: only where no daemon can be starting any.
    """
    dead = []
    for run in dagster_instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED)):
        tag = run.tags.get(PROCESS_TAG)
        before = run.parent_run_id and dagster_instance.get_run_by_id(run.parent_run_id)
        if before and before.tags.get(PROCESS_TAG) == tag:
            tag = None  # copied: its own process has not spoken yet
        if not (nameless if tag is None else gone(tag)):
            continue
        message = f"process {tag or '(unknown)'} of this run is gone"
        if run.status == dg.DagsterRunStatus.CANCELING:
            dagster_instance.report_run_canceled(run, message)
        else:
            dagster_instance.report_run_failed(run, message)
        dead.append(run.run_id)
    return dead
