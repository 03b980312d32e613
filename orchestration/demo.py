"""The demo: the whole graph once on embedded defaults, then a small campaign with the model that it promoted."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from models.files import read_json, sha256_file, write_json, write_text
from orchestration.run import ChainReport, run_campaign_brief, run_chain
from orchestration.tables import StepProgress
from serving.home import Home

BRIEF: Mapping[str, Any] = {
    "id": "demo",
    "product": "Stella",
    "message": {"en": "Shine wherever you go", "de": "Strahle, wohin du gehst"},
    "audiences": [
        {"name": "night-owls", "prompt": "a yellow star falls to the ground on a purple background"},
        {"name": "sun-seekers", "prompt": "a purple star falls to the ground on a yellow background"},
    ],
    "locales": ["en", "de"],
    "aspect_ratios": ["16:9"],
    "seconds": 4,
    "seed": 7,
}


@dataclass(frozen=True)
class Delivered:
    """A delivered file, measured from the file itself.

    Attributes:
        path: Relative to the home.
        c2pa, watermark_p: As ``cinemill verify`` finds them.
        lufs: Integrated loudness.
    """

    path: str
    sha256: str
    c2pa: str
    watermark_p: float
    seconds: float
    width: int
    height: int
    fps: float
    video_codec: str
    audio_codec: str
    lufs: float


def run(home: Home, *, profile: str = "demo", footage: Sequence[str] = (), console: Console | None = None) -> Path:
    """Run everything that is not done yet; return the report's path (``var/demo/report.json``).

    Raises:
        orchestration.run.ChainFailed: A step or a blocking check failed; what finished is kept for the next run.
    """
    console = console or Console()
    begin = time.perf_counter()
    progress = StepProgress(console)
    console.rule("footage to promoted model")
    chain = run_chain(home, profile=profile, footage=footage, listener=progress)
    console.rule("campaign")
    brief = home.briefs / f"{BRIEF['id']}.yaml"
    if not brief.exists():
        write_text(brief, yaml.safe_dump(dict(BRIEF), sort_keys=False, allow_unicode=True))
    campaign = run_campaign_brief(home, brief, profile=profile, listener=progress)
    report = home.demo / "report.json"
    write_json(report, _report(home, chain, campaign, time.perf_counter() - begin))
    _where_to_look(home, report, console)
    return report


def _report(home: Home, chain: ChainReport, campaign: ChainReport, seconds: float) -> dict[str, Any]:
    from assets.evaluation.evidence import read_metrics

    manifest = read_json(home.champion / "manifest.json")
    deliverables = sorted((home.campaigns / str(BRIEF["id"])).glob("*.mp4"))
    return {
        "seconds": round(seconds, 1),
        "stages": {name: round(value, 2) for name, value in {**chain.seconds, **campaign.seconds}.items()},
        "clips": _clip_counts(home),
        "model": {
            "name": manifest["lineage"]["model_name"],
            "version": manifest["lineage"]["model_version"],
            "alias": "champion",
        },
        "metrics": read_metrics(home.champion),
        "deliverables": [asdict(_measure(home, path)) for path in deliverables],
    }


def _clip_counts(home: Home) -> dict[str, int]:
    from assets.manifest import read_manifest

    footage = read_manifest(home.manifests / "footage.jsonl")
    curated = read_manifest(home.manifests / "curated.jsonl")
    return {
        "ingested": sum(row["status"] == "ok" for row in footage),
        "kept": sum(bool(row["kept"]) for row in curated),
        "quarantined": sum(row["status"] == "quarantined" for row in footage),
    }


def _measure(home: Home, path: Path) -> Delivered:
    from assets.evaluation.delivery import inspect

    found = inspect(path, home)
    return Delivered(
        path=str(path.relative_to(home.root)),
        sha256=sha256_file(path),
        c2pa=found.c2pa,
        watermark_p=found.watermark_p,
        seconds=round(found.seconds, 3),
        width=found.width,
        height=found.height,
        fps=found.fps,
        video_codec=found.video_codec,
        audio_codec=found.audio_codec,
        lufs=round(found.lufs, 2),
    )


def _where_to_look(home: Home, report: Path, console: Console) -> None:
    campaign = home.campaigns / str(BRIEF["id"])
    console.rule("where to look")
    console.print(f"  deliverables   {campaign}/*.mp4", highlight=False, soft_wrap=True)
    console.print(f"  contact sheet  {campaign / 'contact-sheet.png'}", highlight=False, soft_wrap=True)
    console.print(f"  report         {report}", highlight=False, soft_wrap=True)
    console.print(f"  verify one     cinemill verify {next(campaign.glob('*.mp4'), campaign)}", soft_wrap=True)
    console.print("  the graph      make dev", highlight=False)
