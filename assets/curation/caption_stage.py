"""DVC stage ``caption``: footage.jsonl, curated.jsonl -> captions.jsonl."""

from assets.curation.captioning import captions_of, configured
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main() -> None:
    """Caption every kept clip."""
    home = Home.from_env()
    footage, curated = (read_manifest(home.manifests / f"{name}.jsonl") for name in ("footage", "curated"))
    write_manifest(home.manifests / "captions.jsonl", captions_of(curated, footage, configured(), home.memo))


if __name__ == "__main__":
    main()
