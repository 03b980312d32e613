"""The command line ``cinemill``: composes what the rooms offer. Heavy imports live inside the commands."""

import json
import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from typer.core import TyperGroup

from orchestration.catalog_cli import catalog, curate
from orchestration.generate_cli import generate, print_made
from orchestration.plan_cli import plan
from orchestration.stream_cli import stream
from serving.home import Home

_ROOMS = ("models", "serving", "assets", "orchestration")
_out = Console(highlight=False, soft_wrap=True, emoji=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class Commands(TyperGroup):
    """All commands. An error that one of the rooms defines is for the user: its message, no traceback, exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        # Else MLflow's first use reports each table that it makes; it reads the variable when it is imported.
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        logging.getLogger("mlflow").setLevel(os.environ["MLFLOW_LOGGING_LEVEL"])
        try:
            return super().invoke(ctx)
        except Exception as error:
            if type(error).__module__.split(".", maxsplit=1)[0] not in _ROOMS:
                raise
            _err.print(f"error: {error}", style="red", markup=False)
            raise typer.Exit(2) from error


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Footage in, signed video campaigns out. Everything is written under var/ (move it with CINEMILL_HOME).",
)
trust_root = typer.Typer(no_args_is_help=True, help="The certificate that others must trust to trust our signatures.")
app.add_typer(trust_root, name="trust-root")
app.add_typer(catalog, name="catalog")
app.command()(curate)
app.command()(plan)
app.command()(generate)
app.command()(stream)


class ProfileName(StrEnum):
    """How much every stage does."""

    smoke = "smoke"
    demo = "demo"
    full = "full"


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Profile = Annotated[ProfileName, typer.Option(help="How much every stage does.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="The mp4 to write.", dir_okay=False)]
Seed = Annotated[int, typer.Option(min=0, help="The number that the noise is drawn from.")]
Existing = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]


@app.command()
def demo(
    footage: Annotated[list[str] | None, typer.Option(help="Folder or URI of your own footage; repeatable.")] = None,
    profile: Profile = ProfileName.demo,
) -> None:
    """The whole graph on a small brief; prints where to look."""
    from orchestration.demo import run

    run(Home.from_env(), profile=profile.value, footage=tuple(footage or ()), console=_out)


@app.command()
def ingest(
    path: Annotated[list[str], typer.Argument(help="Folders, files or URIs.")], profile: Profile = ProfileName.demo
) -> None:
    """Probe and catalogue footage; names what is quarantined and why."""
    from orchestration.run import run_chain
    from orchestration.tables import StepProgress
    from serving.catalog import Catalog

    home = Home.from_env()
    run_chain(home, profile=profile.value, footage=tuple(path), selection=["footage"], listener=StepProgress(_out))
    catalog = Catalog(home.catalog_url)
    table = Table("file", "status", "size", "seconds", "licence or reason")
    for row in catalog.footage():
        size = f"{row.width}x{row.height}" if row.width else ""
        seconds = f"{row.duration:.1f}" if row.duration else ""
        table.add_row(row.name, row.status, size, seconds, row.reason or row.licence)
    catalog.close()
    _out.print(table)


@app.command()
def edit(
    video: Existing,
    instruction: str,
    output: Output,
    seed: Seed = 0,
    steps: Annotated[int | None, typer.Option(min=1, help="Of sampling; the model's own if not given.")] = None,
    guidance: Annotated[float | None, typer.Option(help="Scale of the instruction, likewise.")] = None,
    source_guidance: Annotated[
        float | None, typer.Option(help="Scale of the video that is edited, likewise; above 1 more of it stays.")
    ] = None,
) -> None:
    """A video changed as the instruction says, marked and signed; the original is named as its parent."""
    from serving.sampling.sampler import Overrides
    from serving.studio import Studio

    overrides = Overrides(steps=steps, guidance=guidance)
    with _steps() as report:
        made = Studio(Home.from_env()).edit(
            video, instruction, output, seed=seed, source_guidance=source_guidance, overrides=overrides, progress=report
        )
    print_made(made)


@app.command()
def campaign(brief: Existing, profile: Profile = ProfileName.demo) -> None:
    """Deliver a brief (YAML): one signed mp4 for each audience, locale and aspect ratio."""
    from orchestration.run import run_campaign_brief
    from orchestration.tables import StepProgress

    home = Home.from_env()
    run_campaign_brief(home, brief, profile=profile.value, listener=StepProgress(_out))
    _out.print(f"delivered to {home.campaigns}")


@app.command()
def promote(profile: Profile = ProfileName.demo) -> None:
    """Judge the challenger from the registry's evidence; it serves if no gate failed. Exit 1 when refused."""
    from assets.evaluation.promotion import promote_challenger
    from assets.evaluation.serving_config import serving_config
    from assets.quality import evaluation_protocol
    from models.recipes import PROFILES

    recipe = PROFILES[profile.value]()
    outcome = promote_challenger(_registry(), evaluation_protocol(recipe, serving_config(recipe)))
    for line in outcome.decision.passed:
        _out.print(f"held    {line}", markup=False)
    for line in outcome.decision.failures:
        _out.print(f"failed  {line}", markup=False)
    serving = "nothing serves" if outcome.serving is None else f"version {outcome.serving} serves"
    _out.print(f"version {outcome.candidate}: {'promoted' if outcome.decision.promote else 'refused'}; {serving}")
    raise typer.Exit(0 if outcome.decision.promote else 1)


@app.command()
def rollback() -> None:
    """Let the champion before this one serve again."""
    _out.print(f"version {_registry().rollback().number} serves")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(dir_okay=False)],
    as_json: Json = False,
) -> None:
    """Whether a file is ours, by signature and watermark. Exit 1 unless both hold."""
    from serving.provenance import verify as examine

    verdict = examine(file, Home.from_env())
    if as_json:
        sys.stdout.write(json.dumps(verdict.as_json()) + "\n")
    else:
        mark = verdict.watermark
        _out.print(f"signature  {verdict.c2pa}")
        _out.print(f"watermark  {mark.payload or 'none'} (p = {mark.p_value:.1e})")
        _out.print("ok" if verdict.ok else "not ok")
    raise typer.Exit(0 if verdict.ok else 1)


@app.command()
def lineage(
    subject: Annotated[list[str], typer.Argument(metavar="FILE|SHA256...", help="Delivered mp4s, or their SHA-256.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, a line for each.")] = False,
) -> None:
    """The chains of delivered mp4s back to their sources and the licences of these."""
    from orchestration.lineage import trace
    from orchestration.tables import lineage_tables

    for chain in [trace(one, Home.from_env()) for one in subject]:
        if as_json:
            sys.stdout.write(json.dumps(chain.as_json(), ensure_ascii=False) + "\n")
            continue
        for table in lineage_tables(chain):
            _out.print(table)


@app.command()
def bench(
    name: str,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures to FILE.")] = None,
) -> None:
    """Measure something; prints its figures with machine and versions."""
    from models.files import write_json
    from orchestration.benches.envelope import run

    result = run(name)
    if as_json is not None:
        write_json(as_json, result)
    _out.print_json(data=result)


@app.command()
def sandbox(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where to write.")],
    clips: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 8,
    size: Annotated[int, typer.Option(min=32, max=2048, help="Pixels a side, even.")] = 256,
    seed: Annotated[int, typer.Option(min=0, max=1 << 30, help="The first clip's seed.")] = 0,
    sprites: Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Your own PNGs.")] = None,
) -> None:
    """Clips of the sandbox world as mp4, each with its truth beside it, and a contact sheet."""
    from assets.world.draw import WorldOptions
    from assets.world.write import write_samples

    options = WorldOptions(sprites=str(sprites.resolve()) if sprites else None)
    sheet = write_samples(folder, range(seed, seed + clips), size, options)
    _out.print(f"{clips} clips in {folder}, to be seen at a glance in {sheet}", markup=False)


@app.command()
def emoji(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Where to write the PNGs.")],
    names: Annotated[list[str], typer.Argument(help="What to draw: cat, hot-dog, sailboat, ...")],
) -> None:
    """More kinds for the sandbox world: emoji as PNGs for `cinemill sandbox --sprites` (needs npm)."""
    from assets.world.emoji import fetch, write_sprites

    written = write_sprites(folder, names, fetch())
    _out.print(f"{len(written)} sprites: cinemill sandbox OUT --sprites {folder}", markup=False)


@app.command()
def doctor() -> None:
    """Check this machine and this home; says what to do. Exit 1 when something is missing."""
    from orchestration.doctor import examine
    from orchestration.tables import doctor_table

    findings = examine(Home.from_env())
    _out.print(doctor_table(findings))
    raise typer.Exit(1 if any(item.fatal and not item.ok for item in findings) else 0)


@app.command()
def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    keep: Annotated[int, typer.Option(min=0, help="How many old artifacts of each asset stay.")] = 1,
) -> None:
    """Remove artifacts, checkpoints and serving folders that nothing refers to any more."""
    from orchestration.garbage import collect

    home = Home.from_env()
    removed = collect(home, keep=keep, dry_run=dry_run)
    for item in removed:
        _out.print(f"{item.bytes / 2**20:8.1f} MiB  {item.path.relative_to(home.root)}  ({item.reason})", markup=False)
    total = sum(item.bytes for item in removed) / 2**20
    _out.print(f"{len(removed)} folders, {total:.1f} MiB {'would be removed' if dry_run else 'removed'}")


@app.command()
def dev() -> None:
    """Dagster (page and daemon) and MLflow on loopback, until Ctrl-C."""
    from orchestration.servers import addresses, serve

    for server, address in addresses().items():
        _out.print(f"{server:8} {address}")
    serve(Home.from_env())


@trust_root.command("export")
def export_root(path: Annotated[Path, typer.Argument(dir_okay=False)]) -> None:
    """Write this installation's root certificate (PEM)."""
    from serving.provenance import export_trust_root

    export_trust_root(Home.from_env(), path)
    _out.print(f"wrote {path}")


def _registry() -> Any:
    from orchestration.registry import MlflowRegistry
    from orchestration.tracking import MlflowTracker

    return MlflowRegistry(MlflowTracker(Home.from_env()))


def _steps() -> Any:
    from orchestration.tables import stage_progress

    return stage_progress(_err)


if __name__ == "__main__":
    app()
