"""Where one installation keeps what it makes."""

import os
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """The folder tree of one installation: ``CINEMILL_HOME``, or ``var/`` beside the code."""

    root: Path

    @classmethod
    def from_env(cls) -> "Home":
        """The home that ``CINEMILL_HOME`` names, or ``var/`` in the checkout."""
        return cls(Path(os.environ.get("CINEMILL_HOME") or REPOSITORY / "var").expanduser().resolve())

    @property
    def catalog_url(self) -> str:
        """SQLAlchemy URL of the catalog: ``CINEMILL_CATALOG_URL``, or SQLite in the home."""
        return os.environ.get("CINEMILL_CATALOG_URL") or f"sqlite:///{self.root / 'catalog.db'}"

    @property
    def manifests(self) -> Path:
        """JSONL manifests that DVC stages write."""
        return self.root / "manifests"

    @property
    def memo(self) -> Path:
        """Results of work on single files, by their content: what makes ingestion and curation incremental."""
        return self.root / "memo"

    @property
    def store(self) -> Path:
        """Artifacts of the graph, a folder an asset and fingerprint."""
        return self.root / "store"

    @property
    def jobs(self) -> Path:
        """Training jobs, a folder a job id: checkpoints, logs, result."""
        return self.root / "jobs"

    @property
    def mlflow(self) -> Path:
        """MLflow's database and artifacts."""
        return self.root / "mlflow"

    @property
    def dagster(self) -> Path:
        """``DAGSTER_HOME``."""
        return self.root / "dagster"

    @property
    def champion(self) -> Path:
        """The promoted model's serving bundle: the only model folder that serving reads."""
        return self.root / "champion"

    @property
    def keys(self) -> Path:
        """Signing keys and the watermark key (mode 0600)."""
        return self.root / "keys"

    @property
    def briefs(self) -> Path:
        """Campaign briefs dropped here become partitions."""
        return self.root / "briefs"

    @property
    def campaigns(self) -> Path:
        """Delivered campaigns, a folder each."""
        return self.root / "campaigns"

    @property
    def demo(self) -> Path:
        """The demo's report and pictures."""
        return self.root / "demo"

    @property
    def locks(self) -> Path:
        """Operating-system file locks."""
        return self.root / "locks"
