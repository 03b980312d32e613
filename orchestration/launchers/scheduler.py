"""Slurm's commands: what is asked of the controller and of the accounting, with patience."""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from orchestration.launchers.base import JobRejected, LauncherUnreachable

_SILENT = re.compile(
    r"contact slurm controller|contact controller|[Cc]onnection refused|[Tt]imed out|[Zz]ero [Bb]ytes|persist_conn_open"
    r"|[Cc]ommunication connection failure|in standby mode",
)
_TIMEOUT = 120.0  # seconds; Slurm's commands have a shorter one of their own
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True)
class Status:
    """What Slurm says of a job.

    Attributes:
        state: Slurm's word, in capitals.
        reason: Why a job waits; empty when only the accounting remembers it.
        exit_code: Of the script, as ``code:signal``; empty while it is in the queue.
    """

    state: str
    reason: str = ""
    exit_code: str = ""


class Scheduler:
    """The commands of Slurm on this machine.

    Args:
        pause: Seconds before the first repetition of a question that was not answered; it doubles.
        patience: Seconds after which a controller counts as unreachable.
    """

    def __init__(self, pause: float, patience: float) -> None:
        self._pause = pause
        self._patience = patience

    def ping(self) -> str:
        """The controllers, by their own words. Raises LauncherUnreachable."""
        answer = self._run("scontrol", "ping")
        lines = (answer.stdout or answer.stderr).strip()
        if answer.returncode or " UP" not in answer.stdout:
            raise LauncherUnreachable(f"scontrol ping: {lines}: ask who runs the cluster")
        return lines.splitlines()[0]

    def submit(self, script: Path, name: str) -> str:
        """Submit a script; returns the job's number.

        A submission whose answer is lost may have been taken, so before another the queue is asked for the name.

        Raises:
            JobRejected, LauncherUnreachable: as their names say.
        """
        deadline = time.monotonic() + self._patience
        pause = self._pause
        while True:
            answer = self._run("sbatch", "--parsable", str(script))
            if answer.returncode == 0:
                return answer.stdout.strip().splitlines()[-1].split(";")[0]
            if not _SILENT.search(answer.stderr):
                raise JobRejected(f"sbatch refused {script}: {answer.stderr.strip()}: change the launcher's settings")
            if time.monotonic() > deadline:
                raise self._unreachable("sbatch", answer)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            if (taken := self.named(name)) is not None:
                return taken

    def named(self, name: str) -> str | None:
        """The number of this user's job of that name that waits or runs. Raises LauncherUnreachable."""
        answer = self._ask("squeue", "--noheader", "--me", f"--name={name}", "--format=%i|%T|%r")
        rows = [line.split("|") for line in answer.stdout.splitlines() if line.strip()]
        return next((row[0].strip() for row in rows if row[1] != "COMPLETING"), None)

    def status(self, number: str) -> Status | None:
        """The state of a job by the queue, else by the accounting; None when neither remembers it.

        Raises:
            LauncherUnreachable: Nobody answers.
        """
        answer = self._ask("squeue", "--noheader", f"--jobs={number}", "--states=all", "--format=%i|%T|%r")
        rows = [line.split("|") for line in answer.stdout.splitlines() if line.strip()]
        if rows and rows[-1][1] not in _ENDED:
            return Status(rows[-1][1].strip(), rows[-1][2].strip())
        answer = self._ask(
            "sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={number}", "--format=State,ExitCode"
        )
        recorded = [line.split("|") for line in answer.stdout.splitlines() if line.strip()]
        if recorded:
            state, code = recorded[-1][:2]
            return Status(state.split()[0], exit_code=code)  # "CANCELLED by 1000"
        return Status(rows[-1][1].strip()) if rows else None

    def cancel(self, number: str) -> None:
        """End a job. Raises LauncherUnreachable."""
        self._ask("scancel", number)

    def _ask(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A question, repeated while nobody answers. Other refusals (an unknown job, no accounting) are answers."""
        deadline = time.monotonic() + self._patience
        pause = self._pause
        while True:
            answer = self._run(*command)
            if answer.returncode == 0 or not _SILENT.search(answer.stderr):
                return answer
            if time.monotonic() > deadline:
                raise self._unreachable(command[0], answer)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _unreachable(self, command: str, answer: subprocess.CompletedProcess[str]) -> LauncherUnreachable:
        return LauncherUnreachable(
            f"{command} had no answer for {self._patience:.0f} s: {answer.stderr.strip()}: when the cluster is back, "
            "run this again; it joins the jobs that are there"
        )

    @staticmethod
    def _run(*command: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
        except FileNotFoundError as error:
            raise LauncherUnreachable(
                f"{command[0]} is not on PATH: start this on a machine from which jobs are submitted, or set "
                "CINEMILL_LAUNCHER=local"
            ) from error
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 1, "", f"timed out after {_TIMEOUT:.0f} s")


_ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "LAUNCH_FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
}
