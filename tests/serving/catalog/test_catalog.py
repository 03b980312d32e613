import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from serving.catalog import Catalog, CatalogUnavailable, Deliverable, PromptRewrite, UnknownClip, UnknownDeliverable

FOOTAGE = {
    "id": "f1",
    "sha256": "f1",
    "path": "/somewhere/a.mp4",
    "name": "a.mp4",
    "bytes": 5_000_000_000,
    "licence": "CC-BY-4.0",
    "attribution": "A. Person",
    "origin": "/somewhere",
    "status": "ok",
    "reason": None,
    "width": 640,
    "height": 480,
    "fps": 25.0,
    "duration": 9.0,
    "frames": 225,
    "video_codec": "h264",
    "audio": False,
}
BAD = FOOTAGE | {"id": "f2", "name": "b.mp4", "status": "quarantined", "reason": "empty file", "width": None}
CLIPS = [
    {"id": name, "source": "f1", "start": start, "end": start + 4.0, "width": 640, "height": 480, "fps": 25.0}
    for name, start in (("c1", 0.0), ("c2", 4.0))
]
REJECTION = {"signal": "motion", "value": 0.01, "threshold": 0.1, "detail": None}
UNMEASURED = {"signal": "text", "value": None, "threshold": 0.6, "detail": "not measured"}
CURATED = [
    CLIPS[0] | {"kept": True, "rejections": []},
    CLIPS[1] | {"kept": False, "rejections": [REJECTION, UNMEASURED]},
]
CAPTIONS = [{"id": "c1", "caption": "a thing", "confidence": 0.5, "captioner": "template"}]
DATASET = [{"id": "c1", "kind": "footage", "split": "train"}, {"id": "x", "kind": "image", "split": "train"}]


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(f"sqlite:///{tmp_path / 'deep' / 'catalog.db'}")
    yield catalog
    catalog.close()


def fill(catalog):
    catalog.record_footage([FOOTAGE, BAD])
    catalog.record_clips(CLIPS)
    catalog.record_curation("small", CURATED)
    catalog.record_captions(CAPTIONS)
    catalog.record_dataset("d1", DATASET)
    catalog.record_deliverable(deliverable())


def deliverable():
    return Deliverable(
        sha256="ab" * 32,
        campaign="spring",
        variant="young/en/1x1",
        prompt="a thing",
        seed=2**40,
        model_name="cinemill",
        model_version="3",
        dataset_digest="d1",
        run_id="r1",
        path="/out/a.mp4",
        rewrite=PromptRewrite(text="a thing rests", rewriter="rules-1"),
    )


def contents(catalog):
    with catalog._engine.connect() as connection:
        names = ("footage", "clip", "rejection", "dataset", "dataset_clip", "deliverable", "prompt_rewrite")
        return {name: connection.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2")).all() for name in names}


def test_writing_the_same_again_changes_nothing(catalog):
    fill(catalog)
    before = contents(catalog)
    fill(catalog)
    assert contents(catalog) == before


def test_all_that_speaks_against_a_clip_is_kept_in_order_until_the_policy_keeps_it(catalog):
    fill(catalog)
    first, second = catalog.decisions("c2")
    assert (first.policy, first.signal, first.value, first.threshold) == ("small", "motion", 0.01, 0.1)
    assert (second.place, second.signal, second.value, second.detail) == (1, "text", None, "not measured")
    catalog.record_curation("small", [CURATED[1] | {"kept": True, "rejections": []}])
    assert catalog.decisions("c2") == []


def test_policies_do_not_overwrite_each_others_decisions(catalog):
    fill(catalog)
    catalog.record_curation("strict", [CURATED[0] | {"kept": False, "rejections": [UNMEASURED]}, CURATED[1]])
    assert [(row.clip_id, row.policy) for row in catalog.decisions()] == [
        *[("c1", "strict")],
        *[("c2", "small")] * 2,
        *[("c2", "strict")] * 2,
    ]


@pytest.mark.parametrize("subject", ["f1", "a.mp4", "/somewhere/a.mp4"])
def test_clips_are_found_by_the_name_path_or_digest_of_their_file(catalog, subject):
    fill(catalog)
    assert [clip.id for clip in catalog.clips_named(subject)] == ["c1", "c2"]


def test_a_clip_is_found_by_the_beginning_of_its_id(catalog):
    catalog.record_footage([FOOTAGE])
    catalog.record_clips([CLIPS[0] | {"id": "abcd1"}, CLIPS[1] | {"id": "abce2"}])
    assert [clip.id for clip in catalog.clips_named("abce")] == ["abce2"]
    with pytest.raises(UnknownClip, match="'abc'"):
        catalog.clips_named("abc")


def test_curating_again_does_not_forget_captions(catalog):
    fill(catalog)
    catalog.record_curation("small", CURATED)
    assert catalog.clips()[0].caption == "a thing"


def test_lineage_leads_from_a_delivered_file_to_sources_with_their_licences(catalog):
    fill(catalog)
    found = catalog.lineage("ab" * 32)
    assert found.deliverable.seed == 2**40
    assert [clip.id for clip in found.clips] == ["c1"]
    assert [(source.name, source.licence, source.attribution) for source in found.sources] == [
        ("a.mp4", "CC-BY-4.0", "A. Person")
    ]


def test_a_rewritten_prompt_stands_beside_the_original(catalog):
    fill(catalog)
    (row,) = catalog.deliverables()
    assert (row.prompt, row.rewrite.text, row.rewrite.rewriter) == ("a thing", "a thing rests", "rules-1")


def test_a_catalog_from_before_rewriting_is_read_and_written_on(catalog, tmp_path):
    fill(catalog)
    with catalog._engine.begin() as connection:
        connection.execute(text("DROP TABLE prompt_rewrite"))
    catalog.close()
    later = Catalog(f"sqlite:///{tmp_path / 'deep' / 'catalog.db'}")
    assert later.lineage("ab" * 32).deliverable.rewrite is None
    later.record_deliverable(deliverable())
    assert later.lineage("ab" * 32).deliverable.rewrite.text == "a thing rests"
    later.close()


def test_a_file_that_was_not_delivered_has_no_lineage(catalog):
    with pytest.raises(UnknownDeliverable, match="ffff"):
        catalog.lineage("ffff")


def test_quarantined_files_are_found_by_status(catalog):
    fill(catalog)
    assert [(row.name, row.reason) for row in catalog.footage("quarantined")] == [("b.mp4", "empty file")]


def test_times_are_utc_and_survive(catalog):
    fill(catalog)
    created = catalog.footage()[0].created
    assert created.tzinfo is UTC
    assert abs(datetime.now(UTC) - created) < timedelta(minutes=5)


def test_a_clip_of_an_unknown_file_is_refused(catalog):
    with pytest.raises(IntegrityError):
        catalog.record_clips(CLIPS)


def test_sqlite_waits_for_other_writers(catalog, tmp_path):
    with catalog._engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    failures = []

    def write(number):
        other = Catalog(f"sqlite:///{tmp_path / 'deep' / 'catalog.db'}")
        try:
            for index in range(20):
                other.record_footage([FOOTAGE | {"id": f"{number}-{index}"}])
        except OperationalError as error:
            failures.append(error)
        other.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(catalog.footage()) == 80


def test_kept_clips_with_an_embedding_are_found_with_it_and_the_newest_counts(catalog):
    fill(catalog)
    assert catalog.embeddings() == []
    for vector in ("old", "new"):
        seen = [row | {"signals": {"embedding": vector}} for row in CURATED]
        catalog.record_curation("small", [*seen])
    assert [(clip.id, vector) for clip, vector in catalog.embeddings()] == [("c1", "new")]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://u:pa@ss:w@h/x", "no URL of a database"),
        ("nonsense", "no URL of a database"),
        ("sqlite:////proc/none/catalog.db", "cannot be used"),
        ("mysql+nothing://h/x", "cannot be used"),
    ],
)
def test_a_catalog_that_cannot_be_opened_is_told_without_its_password(url, said):
    with pytest.raises(CatalogUnavailable, match=said) as told:
        Catalog(url)
    assert "ss:w" not in str(told.value)
