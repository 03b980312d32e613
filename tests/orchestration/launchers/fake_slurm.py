"""A Slurm of one machine for tests: the commands on PATH, a JSON file for its memory, jobs that really run if asked to.

As a program: ``fake_slurm.py FOLDER COMMAND ARGUMENTS``.
"""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

COMMANDS = ("sbatch", "squeue", "sacct", "scancel", "scontrol", "srun")
ACTIVE = {"PENDING", "RUNNING", "COMPLETING", "REQUEUED", "REQUEUE_HOLD"}


class FakeSlurm:
    """The cluster as a test sees it.

    Args:
        folder: Its commands and its memory.
        runs: Whether submitted scripts are run; else jobs stay as the test says.
    """

    def __init__(self, folder: Path, *, runs: bool = False) -> None:
        self.folder = folder
        self.commands = folder / "bin"
        self.commands.mkdir(parents=True)
        state = {"jobs": {}, "calls": [], "errors": {}, "runs": runs, "accounting": True, "up": True}
        (folder / "state.json").write_text(json.dumps(state))
        for command in COMMANDS:
            path = self.commands / command
            path.write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{__file__}" "{folder}" {command} "$@"\n')
            path.chmod(0o755)

    @contextlib.contextmanager
    def state(self):
        """Its memory, locked; changes are kept."""
        with (self.folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            path = self.folder / "state.json"
            state = json.loads(path.read_text())
            yield state
            path.write_text(json.dumps(state))

    def set(self, number: str, **changes) -> None:
        """Change what is known of a job."""
        with self.state() as state:
            state["jobs"][number] |= changes

    def fail(self, command: str, *errors: str) -> None:
        """Let the next calls of a command fail with these words."""
        with self.state() as state:
            state["errors"].setdefault(command, []).extend(errors)

    def job(self, number: str) -> dict:
        """What is known of a job."""
        with self.state() as state:
            return state["jobs"][number]

    def calls(self, command: str) -> list[list[str]]:
        """Arguments of every call of a command."""
        with self.state() as state:
            return [call[1:] for call in state["calls"] if call[0] == command]

    def signal_shell(self, number: str) -> None:
        """What ``--signal=B:USR1@...`` does when the time is nearly up."""
        os.kill(self.job(number)["pid"], signal.SIGUSR1)


def main(folder: Path, command: str, arguments: list[str]) -> int:
    """One call of one command."""
    cluster = FakeSlurm.__new__(FakeSlurm)
    cluster.folder = folder
    if command == "srun":  # the signals of the shell reach the step directly
        program = [argument for argument in arguments if not argument.startswith("--")]
        os.environ |= {"SLURM_NODEID": "0", "SLURM_NNODES": "1", "SLURM_JOB_NODELIST": "here"}
        os.execvp(program[0], program)
    if command == "run":
        return run(cluster, arguments[0])
    with cluster.state() as state:
        state["calls"].append([command, *arguments])
        if state["errors"].get(command):
            sys.stderr.write(state["errors"][command].pop(0) + "\n")
            return 1
        return globals()[command](cluster, state, arguments)


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def value(arguments: list[str], option: str) -> str | None:
    """The value of ``--option=value``."""
    return next((part.split("=", 1)[1] for part in arguments if part.startswith(f"--{option}=")), None)


def sbatch(cluster: FakeSlurm, state: dict, arguments: list[str]) -> int:
    script = arguments[-1]
    lines = Path(script).read_text().splitlines()
    options = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")]
    number = str(100 + len(state["jobs"]))
    job = {"name": value(options, "job-name"), "script": script, "reason": "None", "exit": "0:0", "restarts": 0}
    state["jobs"][number] = job | {"state": "PENDING", "output": value(options, "output").replace("%j", number)}
    say(f"{number};here")
    if state["runs"]:
        command = [sys.executable, __file__, str(cluster.folder), "run", number]
        subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    return 0


def squeue(cluster: FakeSlurm, state: dict, arguments: list[str]) -> int:
    jobs = state["jobs"]
    if (name := value(arguments, "name")) is not None:
        jobs = {number: job for number, job in jobs.items() if job["name"] == name and job["state"] in ACTIVE}
    if (wanted := value(arguments, "jobs")) is not None:
        if wanted not in jobs or jobs[wanted].get("forgotten"):
            sys.stderr.write("slurm_load_jobs error: Invalid job id specified\n")
            return 1
        jobs = {wanted: jobs[wanted]}
    for number, job in jobs.items():
        say(f"{number}|{job['state'].split()[0]}|{job['reason']}")
    return 0


def sacct(cluster: FakeSlurm, state: dict, arguments: list[str]) -> int:
    if not state["accounting"]:
        sys.stderr.write("Slurm accounting storage is disabled\n")
        return 1
    job = state["jobs"].get(value(arguments, "jobs"))
    if job is not None:
        say(f"{job['state']}|{job['exit']}")
    return 0


def scancel(cluster: FakeSlurm, state: dict, arguments: list[str]) -> int:
    job = state["jobs"][arguments[0]]
    job["state"] = "CANCELLED by 0"
    if "pid" in job:
        os.killpg(job["pid"], signal.SIGTERM)
    return 0


def scontrol(cluster: FakeSlurm, state: dict, arguments: list[str]) -> int:
    if arguments[0] == "ping":
        say(f"Slurmctld(primary) at here is {'UP' if state['up'] else 'DOWN'}")
        return 0 if state["up"] else 1
    assert arguments[0] == "requeue"
    state["jobs"][arguments[1]] |= {"requeue": True, "state": "PENDING"}
    return 0


def run(cluster: FakeSlurm, number: str) -> int:
    """A job's life: its script, again and again while that asks for it."""
    while True:
        job = cluster.job(number)
        environment = os.environ | {"SLURM_JOB_ID": number, "SLURM_RESTART_COUNT": str(job["restarts"])}
        with Path(job["output"]).open("a") as output:
            shell = subprocess.Popen(
                ["bash", job["script"]], env=environment, stdout=output, stderr=output, start_new_session=True
            )
            cluster.set(number, state="RUNNING", pid=shell.pid)
            code = shell.wait()
        job = cluster.job(number)
        if job.get("requeue"):
            cluster.set(number, requeue=False, restarts=job["restarts"] + 1)
            time.sleep(0.2)
            continue
        if job["state"] == "RUNNING":
            cluster.set(number, state="FAILED" if code else "COMPLETED", exit=f"{code}:0")
        return code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
