"""Expectations of the corpus manifest, and what must not cross from one split to the other."""

from collections.abc import Sequence
from typing import Any

from assets.expectations import Row, apart, identified, library, where
from assets.sandbox_corpus.record import FOOTAGE, KINDS, LICENCE
from assets.world.combinations import held_out
from assets.world.draw import SEEDS
from assets.world.spec import HORIZON, ObjectSpec


def corpus_suite() -> list[Any]:
    """Every line has one id, a seed of its own, captions and a free licence, and what its kind of clip needs.

    Rows carry ``splits``, ``people_splits`` and ``unfamiliar``: see ``with_splits``.
    """
    gxe = library().expectations
    captions = ("caption", "short", "long")
    return [
        *identified(gxe),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToBeInSet(column="kind", value_set=list(KINDS)),
        gxe.ExpectColumnValuesToBeInSet(column="split", value_set=["train", "validation"]),
        gxe.ExpectColumnValuesToBeInSet(column="licence", value_set=[LICENCE]),
        gxe.ExpectColumnValuesToNotBeNull(column="licence"),
        gxe.ExpectColumnValuesToBeUnique(column="seed"),
        gxe.ExpectColumnValuesToBeBetween(column="seed", min_value=0, max_value=SEEDS - 1),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in captions),
        *(gxe.ExpectColumnValueLengthsToBeBetween(column=name, min_value=10, max_value=2000) for name in captions),
        gxe.ExpectColumnValuesToBeBetween(column="spec.seconds", min_value=0, strict_min=True, max_value=HORIZON),
        gxe.ExpectColumnValuesToNotBeNull(column="before.seed", **where("kind", "editing")),
        gxe.ExpectColumnValuesToNotBeNull(column="reference.seed", **where("kind", "personalization")),
        *apart(gxe),
    ]


def with_splits(rows: Sequence[Row]) -> list[Row]:
    """Dataset or corpus rows with what must not cross from one split to the other.

    ``splits``: in how many of them the row's origin (its source file, or its seed) occurs; ``people_splits``: the same
    of the person in it who occurs in most, 1 where there is nobody; ``unfamiliar``: how many of its things show a
    combination that is kept from training and validation.
    """
    origins: dict[str, set[str]] = {}
    people: dict[int, set[str]] = {}
    for row in rows:
        origins.setdefault(_origin(row), set()).add(row["split"])
        for person in _people(row):
            people.setdefault(person, set()).add(row["split"])
    return [
        row
        | {
            "splits": len(origins[_origin(row)]),
            "people_splits": max((len(people[person]) for person in _people(row)), default=1),
            "unfamiliar": sum(map(held_out, _things(row))),
        }
        for row in rows
    ]


def _origin(row: Row) -> str:
    return str(row["source"]) if row["kind"] == FOOTAGE else f"seed {row['seed']}"


def _people(row: Row) -> set[int]:
    return {thing.identity for thing in _things(row) if thing.identity is not None}


def _things(row: Row) -> list[ObjectSpec]:
    """Every thing in the scenes of a corpus row; footage has none that is known."""
    scenes = [row[part] for part in ("spec", "before", "reference") if row.get(part)]
    return [ObjectSpec(**thing) for scene in scenes for thing in scene["objects"]]
