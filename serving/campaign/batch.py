"""The batch job: a brief in, a folder of signed films with their record out; killed and started again, it goes on."""

import hashlib
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.files import sha256_file, sha256_json
from serving.campaign.brief import Brief
from serving.campaign.film import Sign, compose, deliver
from serving.campaign.locales import locale
from serving.campaign.record import CampaignRecord, Delivered, Failed, ModelVersion
from serving.campaign.rewrites import rewritten
from serving.campaign.take import TakeRequest, files_of, take
from serving.campaign.variants import Variant, variants
from serving.delivery import Marker
from serving.errors import MediaError, RequestRefused, ServingError
from serving.media.endcard import EndCard
from serving.media.reading import each_frame
from serving.media.resize import delivery_size
from serving.media.sheet import Row, contact_sheet, stills_among
from serving.memory import cut_of
from serving.pipeline import Pipeline
from serving.provenance.signing import Facts
from serving.rewriting import RULES, PromptRewriter
from serving.watermark import payload_hex, payload_of

SHEET = "contact-sheet.png"
_WORK = "work"
_STILLS = 5

Progress = Callable[[str, int, int], None]


class CampaignIncomplete(ServingError):
    """Some films of a campaign could not be made; the others are delivered. ``record`` says which and why."""

    def __init__(self, folder: Path, record: CampaignRecord) -> None:
        reasons = "; ".join(
            f"{failed.variant}: {failed.reason}" + (" (the film of before stays)" if failed.earlier else "")
            for failed in record.failed
        )
        super().__init__(f"{len(record.failed)} of the films in {folder} could not be made: {reasons}")
        self.record = record


@dataclass(frozen=True)
class Origin:
    """Where the films of a run come from, for their record.

    Attributes:
        model: The registered version that makes them.
        dataset_digest: Of the data that it was trained on.
        attributions: Credits that licences of that data ask for.
        run_id: The run that makes them.
    """

    model: ModelVersion
    dataset_digest: str
    attributions: tuple[str, ...]
    run_id: str

    @classmethod
    def of(cls, name: str, lineage: Mapping[str, Any], run_id: str) -> "Origin":
        """The origin that a bundle's name and lineage tell of."""
        model = ModelVersion(name=name, version=str(lineage["model_version"]), mlflow_run=lineage.get("mlflow_run"))
        return cls(model, str(lineage["dataset_digest"]), tuple(lineage.get("attributions", ())), run_id)


def run_campaign(
    brief: Brief,
    pipeline: Pipeline,
    origin: Origin,
    *,
    folder: Path,
    sign: Sign,
    marker: Marker,
    rewriter: PromptRewriter = RULES,
    on_delivered: Callable[[Delivered], None] | None = None,
    progress: Progress | None = None,
) -> CampaignRecord:
    """Make every film of ``brief`` that is not in ``folder`` yet, and write ``campaign.json`` and a contact sheet.

    A film is finished when its mp4 has the recorded digest and was made from the same prompt, seed, card and model:
    only others are made. All files of a folder therefore come from one model version.

    Args:
        brief: What to make.
        pipeline: The champion's.
        origin: Whose work it is.
        folder: The campaign's own folder.
        sign: Writes a signed copy of an mp4: ``serving.provenance.signing.sign`` with the home's keys.
        marker: The home's watermarker.
        rewriter: Rewrites the prompts of a brief that asks for it.
        on_delivered: Called with each film that was made now, after it is recorded.
        progress: Called with (what was done, films done, films in all).

    Raises:
        RequestRefused: the model does not cover the brief's frame rate, length or ratios, its memory does not suffice,
            or a text does not fit its card; nothing was made.
        TrialFailed: how much memory is needed could not be tried.
        CampaignIncomplete: at the end, if a film or the rewriting of its prompt failed; the others are delivered and
            recorded.
    """
    pipeline = pipeline.at(brief.fps)
    wanted = variants(brief)
    maker = _Maker(brief, pipeline, origin, folder, sign, marker)
    maker.require_cards(wanted)
    earlier = CampaignRecord.read(folder)
    record = CampaignRecord(campaign=brief.id, brief=brief.model_dump(mode="json"))
    _tidied(folder, earlier, wanted)
    if brief.rewrite:
        result = rewritten(wanted, rewriter, earlier.rewrites if earlier else ())
        wanted, record.rewrites = result.variants, result.rewrites
        record.failed = [_failed(one.variant, one.reason, folder, earlier) for one in result.failed]
    standing = {v.id: earlier.finished(folder, maker.record_id(v)) if earlier else None for v in wanted}
    # What still stands is recorded first: a run that is killed then forgets nothing.
    if earlier is not None or brief.rewrite:
        _of_now(record, standing, wanted, folder, earlier).write(folder)
    for done, variant in enumerate(wanted):
        if progress is not None:
            progress(variant.id, done, len(wanted))
        if file := standing[variant.id]:
            record.files.append(file)
            continue
        try:
            made = maker.make(variant)
        except Exception as error:  # noqa: BLE001 - whatever stops one film is recorded and must not stop the others
            record.failed.append(_failed(variant.id, f"{type(error).__name__}: {error}", folder, earlier))
            continue
        record.files.append(made)
        _of_now(record, standing, wanted, folder, earlier).write(folder)
        if on_delivered is not None:
            on_delivered(made)
        if not _take_needed(variant, wanted, done, record.failed):
            maker.drop_take(variant)
    _remove_others(folder, earlier, {file.path for file in record.files} | {one.earlier for one in record.failed})
    _finish(folder, earlier, record)
    if progress is not None:
        progress("done", len(wanted), len(wanted))
    return record


class _Maker:
    """Makes one film after another of one campaign."""

    def __init__(
        self, brief: Brief, pipeline: Pipeline, origin: Origin, folder: Path, sign: Sign, marker: Marker
    ) -> None:
        self._brief = brief
        self._pipeline = pipeline
        self._origin = origin
        self._folder = folder
        self._sign = sign
        self._marker = marker
        count = pipeline.config.length(brief.seconds)
        budget = None if brief.memory is None else brief.memory << 20
        usual = pipeline.usual_tiles(count)
        self._sizes = {ratio: delivery_size(ratio, brief.resolution) for ratio in brief.aspect_ratios}
        self._cuts = {ratio: cut_of(pipeline, ratio, count, size, budget, usual) for ratio, size in self._sizes.items()}
        self._reference = brief.reference()
        self._reference_digest = (
            hashlib.sha256(self._reference.tobytes()).hexdigest() if self._reference is not None else ""
        )

    def require_cards(self, wanted: Sequence[Variant]) -> None:
        """Raise RequestRefused, with every reason, if a text of the end cards does not fit."""
        wrong: dict[str, None] = {}
        for variant in wanted:
            try:
                self._card(variant).draw(np.zeros((*self._sizes[variant.ratio], 3), np.uint8))
            except MediaError as error:
                wrong[f"{variant.locale}, {variant.ratio}: {error}"] = None
        if wrong:
            raise RequestRefused("; ".join(wrong))

    def record_id(self, variant: Variant) -> str:
        """SHA-256 of what the film depends on: the same request to the same model has the same id.

        Tiles are left out: another budget of memory, which may blend a few pixels otherwise, makes no film again.
        """
        model = self._origin.model
        card = [self._brief.product, self._brief.brand, variant.message, locale(variant.locale).disclosure]
        original = [variant.prompt] if variant.rewrite else []  # the signature states it
        return sha256_json(
            [
                self._brief.id,
                variant.id,
                self._take(variant).digest,
                card,
                model.name,
                model.version,
                self._origin.dataset_digest,
                *original,
            ]
        )

    def make(self, variant: Variant) -> Delivered:
        """The film, delivered into the folder."""
        config = self._pipeline.config
        record_id, size, cut = self.record_id(variant), self._sizes[variant.ratio], self._cuts[variant.ratio]
        payload = payload_of(record_id)
        generated = take(self._folder / _WORK, self._take(variant), self._pipeline, cut)
        film = compose(
            generated,
            self._card(variant),
            size=size,
            fps=config.fps,
            sample_rate=config.sample_rate,
            marker=self._marker,
            payload=payload,
        )
        upsampling = cut.enlarger.method(config.size(variant.ratio), size)
        path = self._folder / f"{variant.id}.mp4"
        facts = Facts(
            title=path.name,
            prompt_sha256=hashlib.sha256(variant.prompt.encode()).hexdigest(),
            model=self._origin.model.name,
            model_version=self._origin.model.version,
            dataset_digest=self._origin.dataset_digest,
            seed=variant.seed,
            record_id=record_id,
            campaign=self._brief.id,
            attribution=self._origin.attributions,
            rewritten_prompt_sha256=variant.rewrite.sha256 if variant.rewrite else None,
            upsampling=upsampling,
        )
        work = self._folder / _WORK
        deliver(film, path, work, facts, self._sign, fps=config.fps, sample_rate=config.sample_rate)
        return Delivered(
            path=path.name,
            sha256=sha256_file(path),
            variant=variant.id,
            audience=variant.audience,
            locale=variant.locale,
            ratio=variant.ratio,
            prompt=variant.prompt,
            seed=variant.seed,
            seconds=film.count / config.fps,
            generated_seconds=generated.count / config.fps,
            width=size[1],
            height=size[0],
            fps=config.fps,
            lufs=round(film.loudness.lufs, 2) if film.loudness.lufs > float("-inf") else None,
            upsampling=upsampling,
            model=self._origin.model,
            dataset_digest=self._origin.dataset_digest,
            run_id=self._origin.run_id,
            attributions=self._origin.attributions,
            record_id=record_id,
            watermark_payload=payload_hex(payload),
            rewrite=variant.rewrite,
            unread=self._pipeline.unread(variant.text),
        )

    def drop_take(self, variant: Variant) -> None:
        """Remove what was generated for a variant."""
        for path in files_of(self._folder / _WORK, self._take(variant)):
            path.unlink(missing_ok=True)

    def _card(self, variant: Variant) -> EndCard:
        return EndCard(self._brief.product, variant.message, locale(variant.locale).disclosure, self._brief.brand)

    def _take(self, variant: Variant) -> TakeRequest:
        model = self._origin.model
        return TakeRequest(
            name=variant.take,
            prompt=variant.text,
            seconds=self._brief.seconds,
            fps=self._pipeline.config.fps,
            aspect=variant.ratio,
            resolution=self._brief.resolution,
            seed=variant.seed,
            reference=self._reference,
            origin=(model.name, model.version, self._origin.dataset_digest, self._reference_digest),
        )


def _of_now(
    record: CampaignRecord,
    standing: Mapping[str, Delivered | None],
    wanted: Sequence[Variant],
    folder: Path,
    earlier: CampaignRecord | None,
) -> CampaignRecord:
    """The record of a moment in the run: what was made so far, what still stands from before, and what waits."""
    by_variant = {file.variant: file for file in standing.values() if file} | {f.variant: f for f in record.files}
    told = {*by_variant, *(one.variant for one in record.failed)}
    waiting = [_failed(v.id, "not made yet", folder, earlier) for v in wanted if v.id not in told]
    files = [by_variant[v.id] for v in wanted if v.id in by_variant]
    failed = record.failed + [one for one in waiting if one.earlier is not None]
    return record.model_copy(update={"files": files, "failed": failed})


def _take_needed(variant: Variant, wanted: Sequence[Variant], done: int, failed: Sequence[Failed]) -> bool:
    """Whether what was generated for the variant at place ``done`` is for a later one too, or for one that failed."""
    again = {one.variant for one in failed}
    return any(v.take == variant.take and (place > done or v.id in again) for place, v in enumerate(wanted))


def _tidied(folder: Path, earlier: CampaignRecord | None, wanted: Sequence[Variant]) -> None:
    """The folder without films that nobody wants any more, and without what killed runs were writing."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_others(folder, earlier, {f"{variant.id}.mp4" for variant in wanted})
    for place in (folder, folder / _WORK):
        for left in place.glob(".*.tmp.*"):
            left.unlink(missing_ok=True)


def _failed(variant: str, reason: str, folder: Path, earlier: CampaignRecord | None) -> Failed:
    """What could not be made; what was delivered of it before stays."""
    name = f"{variant}.mp4"
    return Failed(
        variant=variant, reason=reason, earlier=name if name in _listed(earlier) and (folder / name).exists() else None
    )


def _listed(earlier: CampaignRecord | None) -> list[str]:
    """Names of the films that an earlier record knows of."""
    if earlier is None:
        return []
    return [file.path for file in earlier.files] + [one.earlier for one in earlier.failed if one.earlier is not None]


def _remove_others(folder: Path, earlier: CampaignRecord | None, kept: Collection[str | None]) -> None:
    """Remove films that an earlier record knows of and this campaign does not."""
    for name in _listed(earlier):
        if name not in kept and Path(name).name == name:
            (folder / name).unlink(missing_ok=True)


def _finish(folder: Path, earlier: CampaignRecord | None, record: CampaignRecord) -> None:
    """Draw the sheet if the films changed, write the record, and clear the work folder unless a film is missing."""
    if record.files:
        drawn = earlier is not None and earlier.contact_sheet is not None and earlier.files == record.files
        if not drawn or not (folder / SHEET).is_file():
            _draw_sheet(folder, record.files)
        record.contact_sheet = SHEET
    record.write(folder)
    if record.failed:
        raise CampaignIncomplete(folder, record)
    shutil.rmtree(folder / _WORK, ignore_errors=True)


def _draw_sheet(folder: Path, files: Sequence[Delivered]) -> None:
    rows = (
        Row(
            f"{file.variant}   {file.width}x{file.height}   {file.seconds:g} s   seed {file.seed}   {file.prompt}",
            stills_among(each_frame(folder / file.path), round(file.seconds * file.fps), _STILLS),
        )
        for file in files
    )
    contact_sheet(folder / SHEET, rows)
