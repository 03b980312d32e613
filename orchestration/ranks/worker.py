"""One rank of a training job: what its process runs."""

import contextlib
import math
import os
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from models.files import write_json
from models.training.errors import TrainingInterrupted
from models.training.interruption import REQUEUE, SIGNALS, Interruption
from orchestration.ranks.spec import RESULT, JobSpec, log_path

Report = Callable[[str], None]


def run_rank(job: Path, rank: int, rendezvous: str, *, local_size: int) -> int:
    """Train as one rank of the job in ``job``; rank 0 writes ``result.json``, last.

    Args:
        job: The job's folder.
        rank: In the whole job, from 0.
        rendezvous: See ``models.training.run.train``.
        local_size: Ranks of this machine.

    Returns:
        The exit code: 0; REQUEUE when it was asked to stop and has saved; 1.
    """
    interruption = Interruption()
    interruption.watch()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
    with log_path(job, rank).open("ab", buffering=0) as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        spec = JobSpec.read(job)
        if local_size == spec.recipe.world_size:  # nobody else to reach
            os.environ["GLOO_SOCKET_IFNAME"] = "lo"
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank % local_size),
            "WORLD_SIZE": str(spec.recipe.world_size),
        }
        _train(spec, job, rank, rendezvous, local_size, interruption)
    except TrainingInterrupted as stopped:
        print(f"{stopped}; exit code {REQUEUE}", flush=True)  # noqa: T201 (the log)
        return REQUEUE
    except BaseException:  # noqa: BLE001 (a rank's process ends here: whatever it was goes to its log)
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


def _train(spec: JobSpec, job: Path, rank: int, rendezvous: str, local_size: int, interruption: Interruption) -> None:
    import torch

    from models.training.run import train

    warnings.filterwarnings("ignore", category=FutureWarning, module="torch.distributed")  # one a step, from DeepSpeed
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // local_size))  # what the scheduler left us
    with _reporting(spec, rank) as report:
        result = train(
            spec.recipe,
            spec.folder,
            rank=rank,
            world_size=spec.recipe.world_size,
            rendezvous=rendezvous,
            progress=_Progress(spec, report),
            interruption=interruption,
        )
        if result is not None:
            launch = None if result.first_step_at is None else result.first_step_at - spec.submitted
            report(f"{spec.recipe.name}: done, validation {result.validation_final:.4f}")
            write_json(job / RESULT, result.as_json() | {"launch_seconds": launch})


class _Progress:
    """Turns a training's progress into lines."""

    def __init__(self, spec: JobSpec, report: Report) -> None:
        self._spec = spec
        self._report = report
        self._last: tuple[int, float] | None = None

    def __call__(self, step: int, values: Mapping[str, float]) -> None:
        """Say where the training is, and how fast."""
        now = time.monotonic()
        if self._last is None:
            pace = f"first step {time.time() - self._spec.submitted:.1f} s after submission"
        else:
            pace = f"{(now - self._last[1]) / max(1, step - self._last[0]):.2f} s a step"
        self._last = (step, now)
        recipe = self._spec.recipe
        self._report(f"{recipe.name}: step {step}/{recipe.steps}, loss {values.get('loss', math.nan):.4f}, {pace}")


@contextlib.contextmanager
def _reporting(spec: JobSpec, rank: int) -> Iterator[Report]:
    """Lines go to the rank's log, and from rank 0 to Dagster too."""
    if rank != 0 or not spec.pipes:
        yield lambda line: print(line, flush=True)  # noqa: T201 (the log)
        return
    from dagster_pipes import PipesMappingParamsLoader, open_dagster_pipes

    with contextlib.ExitStack() as closing:
        pipes = closing.enter_context(open_dagster_pipes(params_loader=PipesMappingParamsLoader(spec.pipes)))

        def report(line: str) -> None:
            print(line, flush=True)  # noqa: T201 (the log)
            pipes.log.info(line)

        try:
            yield report
        except TrainingInterrupted:
            closing.pop_all()  # left open: the job goes on, and Dagster warns of each line after the end of a session
            raise
