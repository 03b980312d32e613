"""How findings, lineages and progress look in a terminal."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import dagster as dg
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from orchestration.doctor import Finding
from orchestration.lineage import Chain


def doctor_table(findings: Sequence[Finding]) -> Table:
    """A row for each finding; what to do only where something is wrong."""
    table = Table("check", "", "found", "what to do")
    for item in findings:
        mark = "[green]ok[/green]" if item.ok else "[red]fails[/red]" if item.fatal else "[yellow]note[/yellow]"
        table.add_row(item.name, mark, escape(item.found), "" if item.ok else escape(item.remedy))
    return table


def lineage_tables(chain: Chain) -> Iterator[Table]:
    """The chain from the file to its sources: facts, runs, sources."""
    facts = Table("deliverable", chain.sha256[:16], title="what it is")
    rows = {
        "campaign": f"{chain.campaign} / {chain.variant}",
        "prompt": chain.prompt,
        **({f"rewritten by {chain.rewriter}": chain.rewritten_prompt} if chain.rewritten_prompt else {}),
        "seed": str(chain.seed),
        "model": f"{chain.model['name']} version {chain.model['version']}",
        "averaged from": ", ".join(chain.averaged) or "not tracked",
        "dataset": chain.dataset_digest,
        "learnt before": ", ".join(chain.learnt_before) or "none recorded",
        "footage clips": str(len(chain.clips)),
    }
    for name, value in rows.items():
        facts.add_row(name, escape(value))
    yield facts
    names = {run.run_id: run.name for run in chain.runs}
    runs = Table("run", "made from", "id", title="runs behind the model")
    for run in chain.runs:
        runs.add_row(run.name, ", ".join(names[parent] for parent in run.parents.values()), run.run_id)
    yield runs
    sources = Table("file", "clips", "licence", "attribution", "origin", title="footage")
    for source in chain.sources:
        cells = (source.name, str(source.clips), source.licence, source.attribution or "", source.origin)
        sources.add_row(*(escape(cell) for cell in cells))
    yield sources


@contextmanager
def stage_progress(console: Console) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each stage of long work; the value takes (stage, steps done, steps in all)."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done)

        yield report


class StepProgress:
    """Prints each step as it starts and ends, and what long steps say in between."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started: dict[str, float] = {}

    def __call__(self, event: dg.DagsterEvent | None, message: str) -> None:
        """Print what there is to say of an event, or a plain line."""
        if event is None:
            self._console.print(f"    [dim]{message}[/dim]", highlight=False)
        elif event.is_step_start and event.step_key:
            self._started[event.step_key] = time.perf_counter()
        elif event.is_step_success and event.step_key:
            taken = time.perf_counter() - self._started.pop(event.step_key, time.perf_counter())
            self._console.print(f"[green]done[/green] {event.step_key}  {taken:.1f} s", highlight=False)
        elif event.is_step_failure:
            self._console.print(f"[red]failed[/red] {event.step_key}", highlight=False)
