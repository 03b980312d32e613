"""DVC stage ``dataset``: every manifest -> dataset.jsonl."""

from assets.curation.merge import merge
from assets.curation.policy import Policy
from assets.dvc_stage import stage_settings
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main() -> None:
    """Join what was kept and captioned with the corpus, weighted as the policy of the settings says."""
    home = Home.from_env()
    names = ("footage", "curated", "captions", "corpus")
    footage, curated, captions, corpus = (read_manifest(home.manifests / f"{name}.jsonl") for name in names)
    policy = Policy.from_json(stage_settings("dataset", home))
    write_manifest(home.manifests / "dataset.jsonl", merge(footage, curated, captions, corpus, policy))


if __name__ == "__main__":
    main()
