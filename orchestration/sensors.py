"""Sensors: campaign intake, champion change, run failure."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from assets.campaigns import CAMPAIGNS, brief_key, twin
from models.files import sha256_file, write_json
from orchestration.champion import exported_version
from orchestration.failures import step_reason
from orchestration.jobs import campaign
from serving.home import Home

_REASON_SUFFIX = ".error.json"


@dg.sensor(
    job=campaign,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Each new YAML brief in the home's briefs folder becomes a partition and a campaign run.",
)
def campaign_intake(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """New or changed briefs; a refused one gets a file with the reason beside it, and the others go on.

    A changed brief asks for another run of its partition. Briefs wait until there is a champion. A refused one is
    looked at again every time: what it names may have come.
    """
    home = Home.from_env()
    if exported_version(home) is None:
        return dg.SkipReason("no champion: briefs wait until a model is promoted")
    seen: dict[str, str] = json.loads(context.cursor or "{}")
    requests, keys, refused = [], [], []
    paths = sorted(home.briefs.glob("[!.]*.y*ml"))
    seen = {path.name: seen[path.name] for path in paths if path.name in seen}
    for path in paths:
        try:
            path.name.encode()
            digest, written = sha256_file(path), path.stat().st_ctime_ns
        except (OSError, UnicodeEncodeError) as error:  # an editor's, just taken away, or named in no UTF-8
            context.log.warning("%a is passed over: %s", path.name, error)
            continue
        state = f"{digest}-beside-another" if twin(path) else digest
        mark = path.with_name(path.name + _REASON_SUFFIX)
        if seen.get(path.name) == state and not mark.exists():
            continue
        key, reason = _read(path)
        if key is None:
            if seen.get(path.name) != f"{state} {reason}":
                context.log.error("%s", reason)
                write_json(mark, {"brief": path.name, "error": reason})
                refused.append(path.name)
            seen[path.name] = f"{state} {reason}"
            continue
        seen[path.name] = state
        mark.unlink(missing_ok=True)
        keys.append(key)
        # With the time: a brief that is changed back is another request.
        requests.append(dg.RunRequest(run_key=f"{key}-{digest[:16]}-{written}", partition_key=key))
    if not requests:
        context.update_cursor(json.dumps(seen))
        return dg.SkipReason(f"no new brief in {home.briefs}; refused now: {', '.join(refused) or 'none'}")
    return dg.SensorResult(
        run_requests=requests,
        dynamic_partitions_requests=[CAMPAIGNS.build_add_request(keys)],
        cursor=json.dumps(seen),
    )


def _read(path: Path) -> tuple[str | None, str]:
    """The partition key of a brief, or None and why it is refused."""
    from serving.campaign.brief import BriefInvalid

    try:
        return brief_key(path), ""
    except BriefInvalid as error:
        return None, str(error)


@dg.sensor(
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Reports the external asset `champion` whenever another model version serves.",
)
def champion_change(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """A promotion, a rollback, or a folder put back by hand: what serves has changed."""
    version = exported_version(Home.from_env())
    if version is None:
        return dg.SkipReason("nothing was promoted yet")
    if context.cursor == str(version):
        return dg.SkipReason(f"version {version} still serves")
    event = dg.AssetMaterialization(
        asset_key="champion",
        metadata={"model_version": version, "previous": context.cursor or "none"},
        tags={"dagster/data_version": str(version)},
    )
    return dg.SensorResult(asset_events=[event], cursor=str(version))


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes what failed, and why, to the home's failures folder.",
)
def run_failure(context: dg.RunFailureSensorContext) -> None:
    """One JSON file a failed run: job, steps, messages. A chat hook or pager reads these."""
    home = Home.from_env()
    run = context.dagster_run
    steps = [
        {"step": event.step_key, "reason": step_reason(event)}
        for event in context.for_run_failure().get_step_failure_events()
    ]
    report = {
        "run_id": run.run_id,
        "job": run.job_name,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "message": context.failure_event.message,
        "steps": steps,
        "tags": dict(run.tags),
    }
    write_json(home.root / "failures" / f"{run.run_id}.json", report)
    context.log.error("run %s of %s failed: %s", run.run_id, run.job_name, context.failure_event.message)
