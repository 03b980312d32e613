"""DVC stage ``dataset``: every manifest -> dataset.jsonl."""

from assets.curation.merge import merge
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main() -> None:
    """Join what was kept and captioned with the corpus."""
    manifests = Home.from_env().manifests
    parts = [read_manifest(manifests / f"{name}.jsonl") for name in ("footage", "curated", "captions", "corpus")]
    write_manifest(manifests / "dataset.jsonl", merge(*parts))


if __name__ == "__main__":
    main()
