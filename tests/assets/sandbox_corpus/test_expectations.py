import pytest

from assets.expectations import dataset_suite, validate, with_seconds
from assets.sandbox_corpus.expectations import corpus_suite, with_splits
from assets.sandbox_corpus.lots import record
from assets.sandbox_corpus.record import KINDS
from models.recipes import smoke

CORPUS = [record(kind, split, 0, smoke().world).row() for kind in KINDS for split in ("train", "validation")]
TRAINED_ON = next(row for row in CORPUS if (row["kind"], row["split"]) == ("personalization", "train"))
HELD_OUT = next(row for row in CORPUS if (row["kind"], row["split"]) == ("personalization", "validation"))


def with_thing(row, **changes):
    """A row whose first thing is another one."""
    first, *others = row["spec"]["objects"]
    return row | {"spec": row["spec"] | {"objects": [first | changes, *others]}}


def test_a_drawn_corpus_passes_by_itself_and_in_a_dataset():
    assert validate("corpus", with_splits(CORPUS), corpus_suite()).passed
    assert validate("dataset", with_splits(with_seconds(CORPUS)), dataset_suite([])).passed


@pytest.mark.parametrize(
    ("planted", "what"),
    [
        (CORPUS[0] | {"id": "again"}, "seed"),
        (CORPUS[0] | {"id": "new", "seed": 1, "licence": "unknown"}, "licence"),
        (CORPUS[0] | {"id": "new", "seed": 1, "kind": "song"}, "kind"),
        (CORPUS[0] | {"id": "new", "seed": 1, "short": ""}, "short"),
        (CORPUS[0] | {"id": "new", "seed": -1}, "seed"),
        (CORPUS[0] | {"id": "new", "seed": 1, "spec": CORPUS[0]["spec"] | {"seconds": 0.0}}, "seconds"),
        (CORPUS[-1] | {"id": "new", "seed": 1, "kind": "editing", "before": None}, "before"),
        (TRAINED_ON | {"id": "new", "seed": 1, "reference": None}, "reference"),
        (HELD_OUT | {"id": "new", "seed": 1, "split": "train"}, "people_splits"),
        (
            with_thing(CORPUS[0], kind="robot", colour=None, motion="left", identity=None)
            | {"id": "new", "seed": CORPUS[1]["seed"]},
            "splits",
        ),
        (with_thing(CORPUS[0], kind="frog", colour="green", motion="still") | {"id": "n", "seed": 1}, None),
        (with_thing(CORPUS[0], kind="alien", colour="red", motion="still") | {"id": "n", "seed": 1}, "unfamiliar"),
    ],
)
def test_planted_faults_of_the_corpus_fail_and_are_named(planted, what):
    outcome = validate("corpus", with_splits([*CORPUS, planted]), corpus_suite())
    assert outcome.passed == (what is None)
    assert what is None or what in outcome.metadata["failed"].value
