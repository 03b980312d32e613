"""DVC stage ``curate``: clips.jsonl -> curated.jsonl."""

from assets.curation.filters import curate
from assets.curation.policy import Policy
from assets.dvc_stage import stage_settings
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main() -> None:
    """Apply the policy of the settings."""
    home = Home.from_env()
    policy = Policy.from_json(stage_settings("curate", home))
    write_manifest(home.manifests / "curated.jsonl", curate(read_manifest(home.manifests / "clips.jsonl"), policy))


if __name__ == "__main__":
    main()
