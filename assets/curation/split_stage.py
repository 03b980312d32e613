"""DVC stage ``split``: footage.jsonl -> clips.jsonl."""

from assets.curation.clips import split
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main() -> None:
    """Find shots, cut clips, measure them."""
    manifests = Home.from_env().manifests
    write_manifest(manifests / "clips.jsonl", split(read_manifest(manifests / "footage.jsonl")))


if __name__ == "__main__":
    main()
