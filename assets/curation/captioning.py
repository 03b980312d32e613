"""Captioning of all kept clips: by the captioner of the configuration, by the template where that has no answer."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assets.code_version import code_version
from assets.curation.captioner import Caption, Captioner, TemplateCaptioner, with_camera
from assets.curation.loading import ClipUnreadable
from assets.curation.vlm import VARIABLES, VlmCaptioner
from assets.ingestion.memo import Memo
from serving.openai_endpoint import ChatClient, CompletionFailed, Endpoint, EndpointUnavailable

Row = dict[str, Any]
_log = logging.getLogger(__name__)


def configured() -> Captioner:
    """A vision-language model where ``CINEMILL_CAPTIONER_URL`` names one, else the template.

    Raises:
        serving.openai_endpoint.EndpointMisconfigured: One is named without what else it takes.
    """
    endpoint = Endpoint.from_env(VARIABLES)
    return VlmCaptioner(ChatClient(endpoint)) if endpoint else TemplateCaptioner()


def captions_of(curated: Sequence[Row], footage: Sequence[Row], captioner: Captioner, memo: Path) -> list[Row]:
    """The rows of ``captions.jsonl``: text, confidence and writer for every kept clip.

    A model's answers are kept, as each costs seconds. A clip on which the model fails gets the template's caption,
    under the template's name.

    Raises:
        serving.openai_endpoint.EndpointUnavailable: The model cannot be asked at all.
    """
    sources = {row["id"]: row for row in footage}
    template = TemplateCaptioner()
    answers = None if captioner.name == template.name else Memo(memo, "captions", code_version("assets.curation.vlm"))
    rows = []
    for clip in curated:
        if clip["kept"]:
            said = _said(clip, sources[clip["source"]], captioner, template, answers)
            text = with_camera(said.text, clip["signals"])
            rows.append({"id": clip["id"], "caption": text, "confidence": said.confidence, "captioner": said.captioner})
    return rows


def unsettled(row: Row, captioner: str) -> bool:
    """Whether a row of ``captions.jsonl`` is the template's word for a clip on which the captioner of a name failed."""
    return bool(row["captioner"] != captioner)


def _said(clip: Row, source: Row, captioner: Captioner, template: Captioner, answers: Memo | None) -> Caption:
    if answers is None:
        return captioner.caption(clip, source)
    key = [captioner.name, clip["id"]]
    if known := answers.get(key):
        return Caption(**known)
    try:
        said = captioner.caption(clip, source)
    except EndpointUnavailable:
        raise
    except (CompletionFailed, ClipUnreadable) as error:
        _log.warning("clip %s of %s: %s; the template describes it", clip["id"], source["name"], error)
        return template.caption(clip, source)
    answers.put(key, asdict(said))
    return said
