"""Captioning of all kept clips: by the captioner of the configuration, by the template where that has no answer."""

import logging
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from assets.code_version import code_version
from assets.curation.captioner import Caption, Captioner, TemplateCaptioner, with_camera
from assets.curation.loading import ClipUnreadable
from assets.curation.vlm import CaptionerMisconfigured, CaptionerUnavailable, CaptioningFailed, Endpoint, VlmCaptioner
from assets.ingestion.memo import Memo

Row = dict[str, Any]
_NAME, _URL = "CINEMILL_CAPTIONER", "CINEMILL_CAPTIONER_URL"
_log = logging.getLogger(__name__)


def configured() -> Captioner:
    """The captioner that ``CINEMILL_CAPTIONER`` names: ``template`` or ``sandbox``.

    Unless it is set: a vision-language model where ``CINEMILL_CAPTIONER_URL`` names one, else the template.

    Raises:
        CaptionerMisconfigured: There is none of that name, or an endpoint is half described.
    """
    match os.environ.get(_NAME):
        case None | "":
            endpoint = Endpoint.from_env()
            return VlmCaptioner(endpoint) if endpoint else TemplateCaptioner()
        case "template":
            return TemplateCaptioner()
        case "sandbox":
            from assets.curation.sandbox_captioner import SandboxCaptioner  # the world behind it is not small

            return SandboxCaptioner()
        case other:
            raise CaptionerMisconfigured(
                f"{_NAME} is {other!r}: name sandbox or template, or leave it out to ask the endpoint of {_URL}"
            )


def captions_of(curated: Sequence[Row], footage: Sequence[Row], captioner: Captioner, memo: Path) -> list[Row]:
    """The rows of ``captions.jsonl``: text, confidence and writer for every kept clip.

    A model's answers are kept, as each costs seconds. A clip on which the model fails gets the template's caption,
    under the template's name.

    Raises:
        CaptionerUnavailable: The model cannot be asked at all.
    """
    sources = {row["id"]: row for row in footage}
    template = TemplateCaptioner()
    version = code_version(type(captioner).__module__)
    answers = None if captioner.name == template.name else Memo(memo, "captions", version)
    rows = []
    for clip in curated:
        if clip["kept"]:
            said = _said(clip, sources[clip["source"]], captioner, template, answers)
            text = with_camera(said.text, clip["signals"])
            rows.append({"id": clip["id"], "caption": text, "confidence": said.confidence, "captioner": said.captioner})
    return rows


def _said(clip: Row, source: Row, captioner: Captioner, template: Captioner, answers: Memo | None) -> Caption:
    if answers is None:
        return captioner.caption(clip, source)
    key = [captioner.name, clip["id"]]
    if known := answers.get(key):
        return Caption(**known)
    try:
        said = captioner.caption(clip, source)
    except CaptionerUnavailable:
        raise
    except (CaptioningFailed, ClipUnreadable) as error:
        _log.warning("clip %s of %s: %s; the template describes it", clip["id"], source["name"], error)
        return template.caption(clip, source)
    answers.put(key, asdict(said))
    return said
