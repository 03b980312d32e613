"""Running stages over files: what is known is not done again, what is done is kept partition by partition."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assets.curation.clips import NO_SHOT
from assets.curation.engine.embedded import Embedded
from assets.curation.engine.partitions import CLUSTER_SECONDS, SECONDS, partitions
from assets.curation.engine.stage import Stage, Task
from assets.ingestion.memo import Memo
from models.files import sha256_json

Row = dict[str, Any]
Runner = Callable[[Stage, Sequence[Task]], list[Task]]
Progress = Callable[[int, int], None]
# What errors of the content begin with: the decoder's, a value that is no number, no shot. Others may be the machine's.
_SETTLED = ("InvalidDataError", "ValueError", NO_SHOT)
_TRIES = 3
_GIVEN_UP = f"; given up after {_TRIES} tries"


class UnknownEngine(LookupError):
    """A name that no engine has; the message lists those there are."""


def clips_of(
    footage: Sequence[Row],
    stages: Sequence[Stage],
    memo: Path,
    *,
    engine: str = "embedded",
    seconds: float | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """The clips of the usable rows of ``footage.jsonl``, after all stages.

    A file's result is kept under its content id and the version of the stages up to it. A run that is killed and
    started again redoes at most the partition that it was in.

    Args:
        footage: Rows of the manifest.
        stages: What to do with each file, in order.
        memo: Folder of kept results.
        engine: ``embedded``, ``daft`` (this machine) or ``ray`` (Daft on a cluster): the results are the same.
        seconds: Footage of one partition; by default ten minutes, ten hours on a cluster.
        progress: Told how many files are done, of how many.

    Raises:
        UnknownEngine: ``engine`` is none of the three.
    """
    tasks = [{"footage": row, "clips": []} for row in footage if row["status"] == "ok"]
    done = 0
    clips: list[Row] = []
    with runner_named(engine) as runner:
        for part in partitions(tasks, seconds or (CLUSTER_SECONDS if engine == "ray" else SECONDS)):
            clips += [clip for task in _steps(part, stages, runner, memo) for clip in task["clips"]]
            done += len(part)
            if progress:
                progress(done, len(tasks))
    return clips


def unsettled(clip: Row) -> bool:
    """Whether a row of ``clips.jsonl`` is a failure that may not come again: not kept, but tried the next time."""
    error = clip.get("error")
    return error is not None and not error.startswith(_SETTLED) and not error.endswith(_GIVEN_UP)


def _steps(part: list[Task], stages: Sequence[Stage], runner: Runner, memo: Path) -> list[Task]:
    """A partition after all stages; a result is known by its own stage and those before it."""
    for number, stage in enumerate(stages):
        version = sha256_json([earlier.version for earlier in stages[: number + 1]])[:16]
        part = _step(part, stage, runner, Memo(memo, stage.name, version), Memo(memo, f"{stage.name}-tries", version))
    return part


def _step(part: list[Task], stage: Stage, runner: Runner, memo: Memo, tries: Memo) -> list[Task]:
    """A partition after one stage; only files without a kept result are worked on, and those that fail three times."""
    known = {task["footage"]["id"]: memo.get(task["footage"]["id"]) for task in part}
    missing = [task for task in part if known[task["footage"]["id"]] is None]
    for task in runner(stage, missing) if missing else []:
        name, clips = task["footage"]["id"], task["clips"]
        if any(map(unsettled, clips)):
            count = (tries.get(name) or 0) + 1
            tries.put(name, count)
            if count >= _TRIES:
                clips = [clip | {"error": clip["error"] + _GIVEN_UP} if unsettled(clip) else clip for clip in clips]
        known[name] = clips
        if not any(map(unsettled, clips)):
            memo.put(name, clips)
    return [{**task, "clips": known[task["footage"]["id"]]} for task in part]


@contextmanager
def runner_named(engine: str) -> Iterator[Runner]:
    """What runs a stage over tasks; it is closed at the end of the block."""
    if engine == "embedded":
        embedded = Embedded()
        try:
            yield embedded.run
        finally:
            embedded.close()
    elif engine in {"daft", "ray"}:
        from assets.curation.engine.on_daft import OnDaft

        yield OnDaft(cluster=engine == "ray").run
    else:
        raise UnknownEngine(f"no engine is called {engine!r}; there are: embedded, daft, ray")
