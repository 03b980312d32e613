import signal
import subprocess
import time
from pathlib import Path

import pytest

from orchestration.launchers.base import JobRejected
from orchestration.launchers.sbatch import render
from orchestration.launchers.settings import SlurmSettings
from orchestration.ranks.failure import Cause, Failure
from orchestration.ranks.spec import FAILURE, log_path

JOB = Path("/shared/jobs/image_low-1")


def directives(script: str) -> list[str]:
    return [line.removeprefix("#SBATCH ") for line in script.splitlines() if line.startswith("#SBATCH ")]


def test_machines_follow_from_the_ranks():
    small = directives(render(SlurmSettings(), JOB, "n", 2))
    assert "--nodes=1" in small
    assert "--gpus-per-node=2" in small
    large = directives(render(SlurmSettings(gpu_type="h100"), JOB, "n", 6144))
    assert "--nodes=768" in large
    assert "--gpus-per-node=h100:8" in large
    with pytest.raises(JobRejected, match="12 ranks"):
        render(SlurmSettings(), JOB, "n", 12)


def test_a_job_may_be_queued_again_and_is_told_before_its_time_is_up():
    script = directives(render(SlurmSettings(signal_seconds=600, time_limit="1-00:00:00"), JOB, "cm-a", 8))
    assert {"--requeue", "--signal=B:USR1@600", "--open-mode=append", "--time=1-00:00:00"} <= set(script)
    assert {"--job-name=cm-a", f"--output={JOB}/slurm-%j.out"} <= set(script)


def test_what_is_not_set_is_left_to_the_cluster():
    script = "\n".join(directives(render(SlurmSettings(gpus=False), JOB, "n", 8)))
    for option in ("partition", "account", "qos", "constraint", "gpus", "mem", "cpus", "exclusive"):
        assert f"--{option}" not in script


def test_what_is_set_reaches_slurm():
    chosen = SlurmSettings(
        partition="p", account="a", qos="q", constraint="c", cpus_per_machine=64, memory="512G", exclusive=True,
        directives=("--reservation=r",), prologue=("module load cuda",), environment={"NCCL_DEBUG": "a b"},
    )  # fmt: skip
    script = render(chosen, JOB, "n", 8)
    wanted = {"--partition=p", "--account=a", "--qos=q", "--constraint=c", "--cpus-per-task=64", "--mem=512G"}
    assert wanted | {"--exclusive", "--reservation=r"} <= set(directives(script))
    lines = script.splitlines()
    assert "export NCCL_DEBUG='a b'" in lines
    assert lines.index("module load cuda") < next(i for i, line in enumerate(lines) if line.startswith("srun "))
    assert "--cpus-per-task=64" in next(line for line in lines if line.startswith("srun "))


@pytest.mark.parametrize(("gpus", "device"), [(True, "cuda"), (False, "cpu")])
def test_ranks_are_told_whether_gpus_were_asked_for(gpus, device):
    assert f"export CINEMILL_DEVICE={device}" in render(SlurmSettings(gpus=gpus), JOB, "n", 8).splitlines()


@pytest.mark.parametrize(
    ("ranks", "asks", "calls"),
    [
        ("exit 0", False, 0),
        ("exit 1", False, 2),  # started again as often as allowed, then given up
        ("exit 134", False, 2),  # NCCL aborts a rank that waits for a lost one
        ("exit 137", False, 2),  # srun kills ranks that wait for a lost one
        ("exit 138", False, 0),  # a person cancelled: stays cancelled
        (f"cp memory.json job/{FAILURE}; exit 137", False, 0),  # the same would happen again
        (f"cp other.json job/{FAILURE}; exit 137", False, 2),
        ("trap 'exit 138' USR1; touch started; while :; do sleep 0.05; done", signal.SIGUSR1, 1),
        ("trap 'exit 138' USR1; touch started; while :; do sleep 0.05; done", signal.SIGTERM, 0),
        ("trap 'exit 137' USR1; touch started; while :; do sleep 0.05; done", signal.SIGTERM, 0),  # cancelled, slowly
    ],
)
def test_the_script_asks_to_be_queued_again_only_when_that_helps(tmp_path, ranks, asks, calls):
    """The script itself, with an srun that ends as told and an scontrol that counts."""
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "srun").write_text(f"#!/bin/bash\n{ranks}\n")
    (commands / "scontrol").write_text(f'#!/bin/bash\necho "$@" >> {tmp_path}/calls\n')
    for command in commands.iterdir():
        command.chmod(0o755)
    job = tmp_path / "job"
    job.mkdir()
    (tmp_path / "job.sh").write_text(render(SlurmSettings(restarts=2), job, "n", 2))
    for name, cause in (("memory", Cause.memory), ("other", Cause.failed)):
        Failure("was killed by signal 9", log_path(job, 0), 0, cause).write(tmp_path)
        (tmp_path / FAILURE).rename(tmp_path / f"{name}.json")
    environment = {"PATH": f"{commands}:/usr/bin:/bin", "SLURM_JOB_ID": "7"}
    for _ in range(4):
        process = subprocess.Popen(
            # Whoever runs the tests may ignore signals, which bash then cannot trap.
            ["env", "--default-signal", "bash", tmp_path / "job.sh"],
            env=environment,
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
        )
        while asks and not (tmp_path / "started").exists():
            assert process.poll() is None
            time.sleep(0.01)
        if asks:
            process.send_signal(asks)
        process.wait()
        if asks:
            break
    made = tmp_path / "calls"
    assert (made.read_text().splitlines() if made.exists() else []) == ["requeue 7"] * calls
