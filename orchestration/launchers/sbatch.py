"""The batch script of a job on Slurm."""

import shlex
from pathlib import Path

from models.training.interruption import REQUEUE
from orchestration.launchers.naming import machines
from orchestration.launchers.settings import SlurmSettings
from orchestration.ranks.failure import Cause
from orchestration.ranks.preload import DEVICE
from orchestration.ranks.spec import FAILURE
from serving.home import REPOSITORY

RESTARTS = "restarts"
"""File of a job folder to which the script adds a line each time that it starts failed ranks again."""

# The batch shell hears USR1 shortly before the time limit, or when the job is to be preempted, and hands it on through
# srun to every machine. `wait` returns early when a trap has run, so it is called until it returns for another reason.
# A job is queued again by a request that the shell itself heard. Ranks that failed are started again whatever their
# code: they may have waited for those of a lost machine, which NCCL ends by an abort, and srun by killing them. Not so
# when a rank was killed for memory, for it would be again; nor after a SIGTERM, or when ranks stopped (REQUEUE) unasked
# by the shell: a job that a person cancels must stay cancelled.
_BODY = """
asked=
ended=
again=
on_signal() {{ again=1; kill -USR1 "$step" 2>/dev/null; }}
trap 'asked=1; on_signal' USR1
trap 'ended=1; on_signal' TERM

srun --kill-on-bad-exit=0 --wait=60 --ntasks-per-node=1{cpus} {python} -m orchestration.ranks.node {job} &
step=$!
[ -z "$asked$ended" ] || on_signal  # heard before there was anything to hand it on to
while :; do
  again=
  wait "$step"
  code=$?
  [ -n "$again" ] || break
done

if [ "$code" -eq 0 ]; then
  exit 0
fi
if [ "$code" -eq {requeue} ] && [ -n "$asked" ]; then
  echo "saved and stopped: queued again"
  scontrol requeue "$SLURM_JOB_ID"
elif [ "$code" -ne {requeue} ] && [ -z "$ended" ] && ! grep -qs '"cause": "{memory}"' {failure} \\
  && [ "$(cat {restarts} 2>/dev/null | wc -l)" -lt {most} ]; then
  echo "ranks ended with code $code: started again" | tee -a {restarts}
  scontrol requeue "$SLURM_JOB_ID"
fi
exit "$code"
"""


def output_path(job: Path, number: str) -> Path:
    """Where the output of Slurm's job ``number`` goes."""
    return job / f"slurm-{number}.out"


def render(settings: SlurmSettings, job: Path, name: str, world_size: int) -> str:
    """The script that runs the job in ``job`` under ``name``. Raises JobRejected when its ranks fill no machines."""
    count, share = machines(world_size, settings.ranks_per_machine)
    options = [
        f"--job-name={name}",
        f"--nodes={count}",
        "--ntasks-per-node=1",
        f"--time={settings.time_limit}",
        "--requeue",
        f"--signal=B:USR1@{settings.signal_seconds}",
        "--open-mode=append",
        f"--output={shlex.quote(str(output_path(job, '%j')))}",
        f"--chdir={shlex.quote(str(REPOSITORY))}",
    ]
    options += [
        f"--{option}={value}"
        for option in ("partition", "account", "qos", "constraint")
        if (value := getattr(settings, option))
    ]
    if settings.gpus:
        options.append(f"--gpus-per-node={settings.gpu_type + ':' if settings.gpu_type else ''}{share}")
    if settings.cpus_per_machine is not None:
        options.append(f"--cpus-per-task={settings.cpus_per_machine}")
    if settings.memory:
        options.append(f"--mem={settings.memory}")
    if settings.exclusive:
        options.append("--exclusive")
    options += settings.directives
    variables = {
        "PYTHONPATH": str(REPOSITORY),
        "OMP_NUM_THREADS": "1",
        "DO_NOT_TRACK": "1",
        DEVICE: "cuda" if settings.gpus else "cpu",
        **settings.environment,
    }
    body = _BODY.format(
        # srun does not take it over from the job.
        cpus="" if settings.cpus_per_machine is None else f" --cpus-per-task={settings.cpus_per_machine}",
        python=shlex.quote(settings.python),
        job=shlex.quote(str(job)),
        restarts=shlex.quote(str(job / RESTARTS)),
        most=settings.restarts,
        requeue=REQUEUE,
        memory=Cause.memory,
        failure=shlex.quote(str(job / FAILURE)),
    )
    return "\n".join(
        [
            "#!/bin/bash",
            *(f"#SBATCH {option}" for option in options),
            "",
            *(f"export {key}={shlex.quote(value)}" for key, value in sorted(variables.items())),
            *settings.prologue,
            body.lstrip("\n"),
        ]
    )
