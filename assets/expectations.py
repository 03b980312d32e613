"""Expectations: Great Expectations suites on the manifests, as code, validated inside asset checks."""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

import dagster as dg

from assets.curation.filters import NOT_MEASURED
from assets.curation.signals.events import CLASSES
from assets.world.spec import CAMERAS

Row = dict[str, Any]
_SHOWN = 5
_LASTING = 0.5  # seconds
_SIGNALS = (
    ("brightness", 0, 1),
    ("motion", 0, 100),
    ("sharpness", 0, None),
    ("steadiness", 0, 1.001),
    ("text_score", 0, 1),
    ("border", 0, 1),
    ("aesthetics", 0, 10),
    ("camera.confidence", 0, 1),
    ("nsfw", 0, 1),
    ("motion_score", 0, 255),
    ("vector_length", 0, None),
    ("slideshow", 0, 1),
    ("shake", 0, None),
    ("shots_per_second", 0, None),
)


@cache
def library() -> Any:
    """Great Expectations, which takes seconds to import, with its telemetry off."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations

    return great_expectations


def validate(name: str, rows: Sequence[Row], suite: Iterable[Any]) -> dg.AssetCheckResult:
    """Whether the rows meet every expectation. The metadata names those that they do not, and the values at fault.

    Args:
        name: Of the suite.
        rows: Of a manifest; nested values become columns with dotted names.
        suite: Expectations; a column that no row has counts as empty.
    """
    import pandas as pd

    gx = library()
    expectations = list(suite)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    columns = dict.fromkeys(column for e in expectations for column in _columns(e))
    found = pd.json_normalize(rows, max_level=2)
    frame = found.reindex(columns=[*found.columns, *(column for column in columns if column not in found)])
    asset = context.data_sources.add_pandas("manifests").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    outcome = batch.validate(gx.ExpectationSuite(name=name, expectations=expectations))
    failed = [_failure(result) for result in outcome.results if not result.success]
    return dg.AssetCheckResult(
        passed=bool(outcome.success),
        metadata={
            "rows": len(rows),
            "expectations": len(expectations),
            "failed": dg.MetadataValue.md("\n".join(f"- {failure}" for failure in failed) or "none"),
        },
        description="; ".join(failed) or None,
    )


def footage_suite() -> list[Any]:
    """Every file has one id, a licence, a known status; a usable one has sane sizes, another a reason."""
    gxe = library().expectations
    return [
        *identified(gxe),
        gxe.ExpectColumnValuesToNotBeNull(column="licence"),
        gxe.ExpectColumnValuesToNotBeNull(column="origin"),
        gxe.ExpectColumnValuesToBeInSet(column="status", value_set=["ok", "quarantined"]),
        gxe.ExpectColumnValuesToNotBeNull(column="reason", **where("status", "quarantined")),
        gxe.ExpectColumnValuesToBeBetween(column="width", min_value=1, max_value=8192, **where("status", "ok")),
        gxe.ExpectColumnValuesToBeBetween(column="height", min_value=1, max_value=8192, **where("status", "ok")),
        gxe.ExpectColumnValuesToBeBetween(
            column="duration", min_value=0, strict_min=True, max_value=3600, **where("status", "ok")
        ),
        gxe.ExpectColumnValuesToBeBetween(
            column="fps", min_value=0, strict_min=True, max_value=1000, **where("status", "ok")
        ),
    ]


def clips_suite(sources: Iterable[str]) -> list[Any]:
    """Every clip has one id, comes from a known source and spans some time, at most 16 seconds; signals are in range.

    Rows carry ``seconds``, and what is heard in columns of their own: see ``with_seconds``, ``with_sounds``. A signal
    that was not measured is empty, and passes.
    """
    gxe = library().expectations
    return [
        gxe.ExpectColumnValuesToBeBetween(column="rarest_sound", min_value=0, strict_min=True),
        gxe.ExpectColumnValuesToBeBetween(column="commonest_sound", max_value=1),
        gxe.ExpectColumnValuesToBeInSet(column="unknown_sounds", value_set=[0]),
        *(
            gxe.ExpectColumnValuesToBeBetween(column=f"signals.{name}", min_value=low, max_value=high)
            for name, low, high in _SIGNALS
        ),
        *identified(gxe),
        gxe.ExpectColumnValuesToNotBeNull(column="source"),
        gxe.ExpectColumnValuesToBeInSet(column="source", value_set=list(sources)),
        gxe.ExpectColumnValuesToBeBetween(column="start", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="seconds", min_value=0, strict_min=True, max_value=16.001),
        gxe.ExpectColumnValuesToBeInSet(column="signals.camera.class", value_set=list(CAMERAS)),
        gxe.ExpectColumnValuesToNotBeNull(column="look", **where("lasts", True)),
    ]


def curated_suite(clips: Iterable[str]) -> list[Any]:
    """Every clip is there once with its fate: kept, or rejected for a signal with its value and threshold.

    Rows carry ``measured`` and ``consistent``: see ``with_reasons``.
    """
    gxe = library().expectations
    known = list(clips)
    return [
        *identified(gxe),
        gxe.ExpectColumnValuesToBeInSet(column="id", value_set=known),
        gxe.ExpectTableRowCountToEqual(value=len(known)),
        gxe.ExpectColumnValuesToBeInSet(column="kept", value_set=[True, False]),
        gxe.ExpectColumnValuesToBeNull(column="rejected_by.signal", **where("kept", True)),
        *(
            gxe.ExpectColumnValuesToNotBeNull(column=f"rejected_by.{part}", **where("kept", False))
            for part in ("signal", "threshold")
        ),
        gxe.ExpectColumnValuesToNotBeNull(column="rejected_by.value", **where("measured", True)),
        gxe.ExpectColumnValuesToBeInSet(column="consistent", value_set=[True]),
    ]


def captions_suite(kept: Iterable[str]) -> list[Any]:
    """Every kept clip has one caption that says something, from a named captioner, with a confidence."""
    gxe = library().expectations
    known = list(kept)
    return [
        *identified(gxe),
        gxe.ExpectColumnValuesToBeInSet(column="id", value_set=known),
        gxe.ExpectTableRowCountToEqual(value=len(known)),
        gxe.ExpectColumnValuesToNotBeNull(column="caption"),
        gxe.ExpectColumnValueLengthsToBeBetween(column="caption", min_value=10, max_value=2000),
        gxe.ExpectColumnValuesToNotBeNull(column="captioner"),
        gxe.ExpectColumnValuesToBeBetween(column="confidence", min_value=0, max_value=1),
    ]


def dataset_suite(sources: Iterable[str]) -> list[Any]:
    """Every row has one id, a caption, a licence and a split, and nothing stands on both sides of the split.

    Rows carry ``seconds`` (see ``with_seconds``), ``splits``, ``people_splits`` and ``unfamiliar``: see
    ``assets.sandbox_corpus.expectations.with_splits``.
    """
    gxe = library().expectations
    footage = where("kind", "footage")
    return [
        *identified(gxe),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToNotBeNull(column="kind"),
        gxe.ExpectColumnValuesToNotBeNull(column="caption"),
        gxe.ExpectColumnValuesToNotBeNull(column="licence"),
        gxe.ExpectColumnValuesToBeInSet(column="split", value_set=["train", "validation"]),
        gxe.ExpectColumnValuesToBeInSet(column="source", value_set=list(sources), **footage),
        gxe.ExpectColumnValuesToBeBetween(column="seconds", min_value=0, strict_min=True, **footage),
        gxe.ExpectColumnValuesToBeBetween(column="weight", min_value=0, strict_min=True, **footage),
        gxe.ExpectColumnValuesToNotBeNull(column="weight", **footage),
        gxe.ExpectColumnValuesToBeBetween(column="confidence", min_value=0, max_value=1),
        *apart(gxe),
    ]


def with_reasons(rows: Sequence[Row]) -> list[Row]:
    """Curated rows with ``measured``, whether the deciding signal was, and ``consistent``.

    Consistent is a fate of which the flag, the deciding rejection and the list of rejections say the same.
    """
    return [
        row
        | {
            "measured": bool(row["rejected_by"]) and not _unmeasured(row["rejected_by"]),
            "consistent": row["kept"] == (not row["rejections"])
            and row["rejected_by"] == (row["rejections"][0] if row["rejections"] else None),
        }
        for row in rows
    ]


def _unmeasured(rejection: Row) -> bool:
    return (rejection["detail"] or "").startswith(NOT_MEASURED)


def with_seconds(rows: Sequence[Row]) -> list[Row]:
    """Rows with ``seconds``, the length of their span: None without one, or for a whole file that does not decode.

    And with ``lasts``, whether they decode and last half a second: long enough to be looked at.
    """
    # Great Expectations' own comparison of two columns fails where no row is left to compare.
    found = []
    for row in rows:
        seconds = None if row.get("error") or "end" not in row else row["end"] - row["start"]
        found.append(row | {"seconds": seconds, "lasts": seconds is not None and seconds >= _LASTING})
    return found


def apart(gxe: Any) -> list[Any]:
    """Nothing stands on both sides of the split, and nothing is shown that both keep for later."""
    return [
        gxe.ExpectColumnValuesToBeBetween(column="splits", min_value=1, max_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="people_splits", min_value=1, max_value=1),
        gxe.ExpectColumnValuesToBeBetween(column="unfamiliar", min_value=0, max_value=0),
    ]


def with_sounds(rows: Sequence[Row]) -> list[Row]:
    """Clips with ``rarest_sound`` and ``commonest_sound``, the extreme shares of the time of the classes heard in them.

    And with ``unknown_sounds``, how many of their names are no class. All are None where nothing was heard.
    """
    return [row | _sounds(row["signals"].get("sounds") or {}) for row in rows]


def _sounds(heard: dict[str, float]) -> Row:
    if not heard:
        return dict.fromkeys(("rarest_sound", "commonest_sound", "unknown_sounds"))
    shares = heard.values()
    unknown = len(set(heard) - set(CLASSES))
    return {"rarest_sound": min(shares), "commonest_sound": max(shares), "unknown_sounds": unknown}


def identified(gxe: Any) -> list[Any]:
    """Every row has one id."""
    return [gxe.ExpectColumnValuesToNotBeNull(column="id"), gxe.ExpectColumnValuesToBeUnique(column="id")]


def where(column: str, value: Any) -> dict[str, Any]:
    """The argument that holds an expectation to the rows with a value in a column."""
    from great_expectations.expectations.row_conditions import Column

    return {"row_condition": Column(column) == value}


def _columns(expectation: Any) -> Iterator[str]:
    """The columns that an expectation reads, that of its condition included."""
    if column := getattr(expectation, "column", None):
        yield column
    if condition := getattr(expectation, "row_condition", None):
        yield condition.column.name


def _failure(result: Any) -> str:
    config = result.expectation_config
    kwargs = {key: value for key, value in config.kwargs.items() if key not in {"batch_id", "value_set"}}
    if result.exception_info and result.exception_info.get("raised_exception"):
        return f"{config.type} {kwargs}: {result.exception_info.get('exception_message')}"
    found = result.result.get("partial_unexpected_list") or result.result.get("observed_value")
    shown = found[:_SHOWN] if isinstance(found, list) else found
    return f"{config.type} {kwargs}: found {shown}"
