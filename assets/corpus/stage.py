"""The DVC stage ``corpus``: ``python -m assets.corpus.stage`` specifies every clip of the procedural corpus."""

from pathlib import Path

from assets.corpus.manifest import records
from assets.dvc_stage import stage_settings
from assets.manifest import write_manifest
from models.recipes import CorpusSize
from serving.home import Home

MANIFEST = "corpus.jsonl"


def main(home: Home) -> Path:
    """Write ``corpus.jsonl``; its size is the stage's settings, a ``CorpusSize``."""
    path = home.manifests / MANIFEST
    write_manifest(path, (record.row() for record in records(CorpusSize(**stage_settings("corpus", home)))))
    return path


if __name__ == "__main__":
    main(Home.from_env())
