"""Campaigns: each brief a partition, each delivered as signed films by the champion."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.code_version import code_version
from assets.store import picture_metadata
from models.files import sha256_json
from models.locks import locked
from serving.home import Home

if TYPE_CHECKING:
    from assets.evaluation.delivery import Inspection
    from serving.campaign.record import CampaignRecord, Delivered
    from serving.catalog import Catalog

_SUFFIXES = (".yaml", ".yml")  # of briefs

CAMPAIGNS = dg.DynamicPartitionsDefinition(name="campaigns")


def brief_key(path: Path) -> str:
    """Partition key of a valid brief: its id, which its file must be named by.

    The id's characters are restricted by the brief's own rules: partition keys reach paths and SQL.

    Raises:
        serving.campaign.brief.BriefInvalid: the brief is not valid; the message names the field or rule.
    """
    from serving.campaign.brief import BriefInvalid, load_brief

    brief = load_brief(path)
    if path.suffix not in _SUFFIXES:
        raise BriefInvalid(f"{path}: name the file {brief.id}{_SUFFIXES[0]}")
    if other := twin(path):
        raise BriefInvalid(f"{path}: {other.name} lies beside it, for the same campaign: keep one")
    if brief.id != path.stem:
        raise BriefInvalid(f"{path}: field 'id': is {brief.id!r}; name the file {brief.id}{path.suffix}")
    return brief.id


def twin(path: Path) -> Path | None:
    """The file that is named as a brief is but for the other suffix, if there is one."""
    others = [path.with_suffix(suffix) for suffix in _SUFFIXES if suffix != path.suffix]
    return next((other for other in others if other.exists()), None)


def brief_file(home: Home, key: str) -> Path:
    """The brief of a campaign. Raises BriefInvalid when there is none, or the key is not one's id."""
    import re

    from serving.campaign.brief import BriefInvalid

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", key):
        raise BriefInvalid(f"campaign {key!r} is not the id of a brief: lower-case letters, digits, '-' and '_' only")
    for suffix in _SUFFIXES:
        path = home.briefs / f"{key}{suffix}"
        if path.is_file():
            return path
    raise BriefInvalid(f"there is no brief {key}.yaml in {home.briefs}")


# A multi-asset of one: its op has a name of its own, and leaves ``campaign`` to the job.
@dg.multi_asset(
    name="deliver_campaign",
    specs=[
        dg.AssetSpec(
            "campaign",
            group_name="campaigns",
            kinds={"onnx", "video"},
            owners=["team:serving"],
            code_version=code_version(__name__),
            deps=["champion"],
            description=(
                "The films of one brief, a file an audience, locale and aspect ratio, made by the model that serves "
                "now: signed, watermarked, recorded in the catalog with the model's version."
            ),
        )
    ],
    partitions_def=CAMPAIGNS,
    check_specs=[
        dg.AssetCheckSpec(
            "films_verify",
            asset="campaign",
            blocking=True,
            description="Every film is signed by this installation, and its watermark is found (p <= 1e-6).",
        ),
        dg.AssetCheckSpec(
            "films_conform",
            asset="campaign",
            blocking=True,
            description="Every film is H.264 and AAC, 48 kHz stereo, at least 480 px, as long and as loud as recorded.",
        ),
    ],
)
def campaign(context: dg.AssetExecutionContext, home: dg.ResourceParam[Home]) -> dg.MaterializeResult:
    """Deliver one brief with the champion.

    The batch continues where it was killed, and makes a missing or changed film again, alone. The model *version* is
    recorded, never the alias. A changed champion does not deliver old campaigns again:
    a campaign runs when its brief is new.
    """
    from assets.evaluation.delivery import defects, inspect
    from serving.campaign.batch import SHEET

    brief = brief_file(home, context.partition_key)
    folder = home.campaigns / context.partition_key
    with locked(home.locks / f"campaign-{context.partition_key}.lock"):  # another run would exchange the films
        record = _deliver(context, home, brief, folder)
        found = {file.path: inspect(folder / file.path, home) for file in record.files}
    wrong = [text for file in record.files for text in defects(found[file.path], seconds=file.seconds, lufs=file.lufs)]
    unverified = [
        f"{file.path}: signature {found[file.path].c2pa}, watermark p = {found[file.path].watermark_p:.1e}"
        for file in record.files
        if not found[file.path].verified or found[file.path].payload != file.watermark_payload
    ]
    return dg.MaterializeResult(
        data_version=dg.DataVersion(sha256_json(sorted(file.sha256 for file in record.files))[:32]),
        metadata={
            "folder": dg.MetadataValue.path(str(folder)),
            "films": len(record.files),
            "model_version": record.files[0].model.version,
            "deliverables": _table(record, found),
            "contact_sheet": picture_metadata(folder / SHEET),
        },
        check_results=[
            _result("films_verify", unverified, len(found)),
            _result("films_conform", wrong, len(found)),
        ],
    )


def _deliver(context: dg.AssetExecutionContext, home: Home, path: Path, folder: Path) -> "CampaignRecord":
    """Run the batch, and enter every finished film into the catalog, whether or not all could be made."""
    from functools import partial

    from serving.bundle import Bundle
    from serving.campaign.batch import CampaignIncomplete, Origin, run_campaign
    from serving.campaign.brief import load_brief
    from serving.catalog import Catalog
    from serving.pipeline import Pipeline
    from serving.provenance import Keys, sign
    from serving.rewriting import RULES, configured
    from serving.watermark import Watermarker

    brief = load_brief(path)
    rewriter = configured() if brief.rewrite else RULES
    # Resolved once: a promotion meanwhile exchanges the link, not the folder.
    bundle = Bundle.load(home.champion.resolve())
    catalog = Catalog(home.catalog_url)

    def enter(file: "Delivered") -> None:
        catalog.record_deliverable(_row(file, brief.id, folder))
        context.log.info("%s delivered", file.path)
        if file.unread:
            context.log.warning("%s: its prompt is longer than the model reads; not read: %s", file.path, file.unread)

    try:
        record = run_campaign(
            brief,
            Pipeline.from_bundle(bundle),
            Origin.of(bundle.manifest.name, bundle.lineage, context.run_id),
            folder=folder,
            sign=partial(sign, home=home),
            marker=Watermarker(Keys.open(home).watermark_key),
            rewriter=rewriter,
            on_delivered=enter,
            progress=lambda film, done, count: context.log.info("%s: %d of %d films", film, done, count),
        )
        _enter_all(catalog, record, folder)
    except CampaignIncomplete as incomplete:
        _enter_all(catalog, incomplete.record, folder)
        raise dg.Failure(str(incomplete), allow_retries=True) from incomplete
    finally:
        catalog.close()
    return record


def _enter_all(catalog: "Catalog", record: "CampaignRecord", folder: Path) -> None:
    """Enter every film: also what an earlier, killed run made but did not enter."""
    for file in record.files:
        catalog.record_deliverable(_row(file, record.campaign, folder))


def _row(file: "Delivered", campaign_id: str, folder: Path) -> Any:
    from serving.catalog import Deliverable, PromptRewrite

    rewrite = file.rewrite and PromptRewrite(text=file.rewrite.text, rewriter=file.rewrite.rewriter)
    return Deliverable(
        sha256=file.sha256,
        campaign=campaign_id,
        variant=file.variant,
        prompt=file.prompt,
        seed=file.seed,
        model_name=file.model.name,
        model_version=file.model.version,
        dataset_digest=file.dataset_digest,
        run_id=file.run_id,
        path=str(folder / file.path),
        rewrite=rewrite,
    )


def _result(name: str, wrong: list[str], count: int) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name, passed=count > 0 and not wrong, description="; ".join(wrong) or f"{count} films inspected"
    )


def _table(record: "CampaignRecord", found: "dict[str, Inspection]") -> dg.TableMetadataValue:
    rows = [
        dg.TableRecord(
            {
                "film": file.path,
                "seconds": round(found[file.path].seconds, 2),
                "size": f"{file.width}x{file.height}",
                "c2pa": found[file.path].c2pa,
                "watermark_p": found[file.path].watermark_p,
                "lufs": round(found[file.path].lufs, 1),
                "prompt": file.prompt,
                "rewritten_prompt": file.rewrite.text if file.rewrite else "",
                "sha256": file.sha256,
            }
        )
        for file in record.files
    ]
    return dg.MetadataValue.table(rows)
