"""Why a job ended without a result, as a JSON file in its folder."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from models.files import read_json, write_json
from orchestration.ranks.spec import FAILURE


class Cause(StrEnum):
    """What kind of end it was."""

    failed = "failed"
    memory = "memory"  # killed for using too much
    time = "time"  # a time limit
    cancelled = "cancelled"  # by a person or a policy
    held = "held"  # the queue keeps it back until somebody acts


@dataclass(frozen=True)
class Failure:
    """The end of a job without a result.

    Attributes:
        reason: What happened, to be read after the job's name (and rank).
        log: The file whose last lines say more.
        rank: The rank that failed first, where that is known.
        cause: What kind of end.
        remedy: What to do, where more is known than the log says.
    """

    reason: str
    log: Path
    rank: int | None = None
    cause: Cause = Cause.failed
    remedy: str = ""

    def write(self, job: Path) -> None:
        """Write it into a job folder."""
        write_json(job / FAILURE, asdict(self) | {"log": str(self.log)})

    @classmethod
    def read(cls, job: Path) -> "Failure | None":
        """The failure in a job folder, if it has one."""
        try:
            stored = read_json(job / FAILURE)
        except FileNotFoundError:
            return None
        return cls(**stored | {"log": Path(stored["log"]), "cause": Cause(stored["cause"])})

    def ended(self, what: str, cause: Cause, remedy: str) -> "Failure":
        """This failure of a rank, and how the job ended by it; of both causes the one that says more."""
        known = self.cause if cause is Cause.failed else cause
        return Failure(f"{self.reason}; {what}", self.log, self.rank, known, remedy or self.remedy)

    def described(self, last_lines: int) -> str:
        """Reason, remedy, log and its last lines."""
        who = "" if self.rank is None else f"rank {self.rank} "
        remedy = f"; {self.remedy}" if self.remedy else ""
        lines = self.log.read_text(errors="replace").splitlines()[-last_lines:] if self.log.exists() else []
        return f"{who}{self.reason}{remedy}; log {self.log}:\n" + "\n".join(lines)
