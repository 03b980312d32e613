"""The DVC stage ``corpus``: ``python -m assets.corpus.stage`` writes ``corpus.jsonl`` in the home's manifests.

Its size comes from ``corpus_size.json`` beside it, which the asset writes from the profile.
"""

from dataclasses import asdict
from pathlib import Path

from assets.corpus.manifest import records, write_corpus
from models.files import read_json, write_json
from models.recipes import CorpusSize
from serving.home import Home

SIZE_FILE = "corpus_size.json"
MANIFEST = "corpus.jsonl"


def ask_for(size: CorpusSize, manifests: Path) -> Path:
    """Write the size that the stage reads next; an equal file is left untouched."""
    path = manifests / SIZE_FILE
    if not path.exists() or read_json(path) != asdict(size):
        write_json(path, asdict(size))
    return path


def main(manifests: Path) -> Path:
    """Write the manifest. Raises FileNotFoundError while ``corpus_size.json`` is missing."""
    path = manifests / SIZE_FILE
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: materialize the asset shapes_corpus, which writes it first")
    out = manifests / MANIFEST
    write_corpus(out, records(CorpusSize(**read_json(path))))
    return out


if __name__ == "__main__":
    main(Home.from_env().manifests)
