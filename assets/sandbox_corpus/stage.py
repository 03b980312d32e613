"""The DVC stage ``corpus``: ``python -m assets.sandbox_corpus.stage`` specifies every clip of the corpus."""

from pathlib import Path

from assets.dvc_stage import stage_settings
from assets.manifest import write_manifest
from assets.sandbox_corpus.lots import records
from models.recipes import CorpusSize, CorpusWorld
from serving.home import Home

MANIFEST = "corpus.jsonl"


def main(home: Home) -> Path:
    """Write ``corpus.jsonl``, as the stage's settings say: ``size``, a ``CorpusSize``, and ``world``."""
    path = home.manifests / MANIFEST
    settings = stage_settings("corpus", home)
    drawn = records(CorpusSize(**settings["size"]), CorpusWorld.from_json(settings["world"]))
    write_manifest(path, (record.row() for record in drawn))
    return path


if __name__ == "__main__":
    main(Home.from_env())
