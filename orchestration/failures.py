"""Why a run failed, in its own words."""

from collections.abc import Iterable

import dagster as dg


def step_reason(event: dg.DagsterEvent) -> str:
    """The innermost error of a failed step: Dagster wraps what the asset raised."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no reason given"


def failures(events: Iterable[dg.DagsterEvent]) -> list[str]:
    """Each failed step and each blocking check that did not pass, with its reason."""
    lines = []
    for event in events:
        if event.is_step_failure:
            lines.append(f"{event.step_key}: {step_reason(event)}")
        elif event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
            check = event.asset_check_evaluation_data
            if not check.passed and check.blocking:
                lines.append(f"{check.asset_key.to_user_string()}: check {check.check_name}: {check.description}")
    return lines
