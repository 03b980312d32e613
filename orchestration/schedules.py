"""Schedules."""

import dagster as dg

from orchestration.jobs import retrain

weekly_retraining = dg.ScheduleDefinition(
    name="weekly_retraining",
    job=retrain,
    cron_schedule="0 3 * * 0",
    execution_timezone="UTC",
    description="Sundays at 03:00 UTC: new data train the champion on; what has not changed is found finished.",
)
