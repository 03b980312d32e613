"""DVC stage ``caption``: footage.jsonl, curated.jsonl -> captions.jsonl."""

from assets.curation.captioner import Captioner, TemplateCaptioner
from assets.manifest import read_manifest, write_manifest
from serving.home import Home


def main(captioner: Captioner | None = None) -> None:
    """Caption every kept clip."""
    captioner = captioner or TemplateCaptioner()
    manifests = Home.from_env().manifests
    sources = {row["id"]: row for row in read_manifest(manifests / "footage.jsonl")}
    rows = []
    for clip in read_manifest(manifests / "curated.jsonl"):
        if clip["kept"]:
            said = captioner.caption(clip, sources[clip["source"]])
            rows.append(
                {"id": clip["id"], "caption": said.text, "confidence": said.confidence, "captioner": said.captioner}
            )
    write_manifest(manifests / "captions.jsonl", rows)


if __name__ == "__main__":
    main()
