"""DVC stage ``ingest``: sources -> footage.jsonl."""

import sys

from assets.dvc_stage import stage_settings
from assets.ingestion.ingest import ingest
from assets.ingestion.sources import Source
from assets.manifest import write_manifest
from serving.home import Home


def main() -> None:
    """Probe what the settings list, and name what is quarantined."""
    home = Home.from_env()
    sources = [Source(**source) for source in stage_settings("ingest", home)]
    rows = ingest(sources, home.root / "sources", home.memo)
    for row in rows:
        if row["status"] != "ok":
            sys.stdout.write(f"quarantined {row['name']}: {row['reason']}\n")
    write_manifest(home.manifests / "footage.jsonl", rows)


if __name__ == "__main__":
    main()
