"""Jobs: which assets run together."""

import dagster as dg

from models.recipes import FINETUNES
from orchestration.resources import PROFILE_TAG

CAMPAIGN_ASSET = dg.AssetSelection.assets("campaign")
# An external asset: observed, never run.
CHAMPION_ASSET = dg.AssetSelection.assets("champion")

# All finetunes in the one run: a static partition range beside assets without partitions.
EVERY_FINETUNE = {
    "dagster/asset_partition_range_start": FINETUNES[0],
    "dagster/asset_partition_range_end": FINETUNES[-1],
}

retrain = dg.define_asset_job(
    "retrain",
    dg.AssetSelection.all() - CAMPAIGN_ASSET - CHAMPION_ASSET,
    description="Footage to promotion: data, training, evaluation, export, registry, in one run.",
    tags={**EVERY_FINETUNE, "cinemill/exclusive": "training"},
)

full = dg.define_asset_job(
    "full",
    dg.AssetSelection.all() - CAMPAIGN_ASSET - CHAMPION_ASSET,
    description="As retrain, with the full profile: overnight on two cores.",
    tags={**EVERY_FINETUNE, "cinemill/exclusive": "training", PROFILE_TAG: "full"},
)

promote = dg.define_asset_job(
    "promote",
    dg.AssetSelection.assets("promotion"),
    description="Judge the registered challenger from the registry's evidence; it serves if nothing failed.",
)

campaign = dg.define_asset_job(
    "campaign",
    CAMPAIGN_ASSET,
    description="Deliver the campaign of one brief with the champion.",
)

JOBS = (retrain, full, promote, campaign)
