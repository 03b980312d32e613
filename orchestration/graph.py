"""The whole graph as one Definitions object."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

import assets
from orchestration.jobs import JOBS
from orchestration.progress import LOGGER, progress_logger
from orchestration.schedules import weekly_retraining
from orchestration.sensors import campaign_intake, champion_change, run_failure


def graph(resources: Mapping[str, Any]) -> dg.Definitions:
    """Every asset, check, job, schedule and sensor, with the given resources.

    Imports no torch and no MLflow: every step process pays for what is imported here.
    """
    return dg.Definitions(
        assets=dg.load_assets_from_package_module(assets, include_specs=True),
        asset_checks=dg.load_asset_checks_from_package_module(assets),
        jobs=JOBS,
        schedules=[weekly_retraining],
        sensors=[campaign_intake, champion_change, run_failure],
        resources=resources,
        executor=dg.in_process_executor,
        loggers={"console": dg.colored_console_logger, LOGGER: progress_logger},
    )
