"""DVC stage ``split``: footage.jsonl -> clips.jsonl."""

import os

from assets.curation.engine.run import clips_of
from assets.curation.stages import stages
from assets.manifest import read_manifest, write_manifest
from serving.home import Home

ENGINE = "CINEMILL_ENGINE"  # embedded (default), daft or ray: the manifest is the same


def main() -> None:
    """Find shots, cut clips, measure them, look at them; only new files are decoded."""
    home = Home.from_env()
    footage = read_manifest(home.manifests / "footage.jsonl")
    engine = os.environ.get(ENGINE, "embedded")
    write_manifest(home.manifests / "clips.jsonl", clips_of(footage, stages(), home.memo, engine=engine))


if __name__ == "__main__":
    main()
