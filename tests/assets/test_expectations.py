import pytest

from assets.expectations import (
    captions_suite,
    clips_suite,
    curated_suite,
    dataset_suite,
    footage_suite,
    validate,
    with_reasons,
    with_seconds,
    with_sounds,
)
from assets.sandbox_corpus.expectations import with_splits

OK = {
    "id": "f1",
    "status": "ok",
    "reason": None,
    "licence": "CC0-1.0",
    "origin": "x",
    "width": 640,
    "height": 480,
    "duration": 4.0,
    "fps": 25.0,
}
BAD = (
    OK
    | {"id": "f2", "status": "quarantined", "reason": "empty file"}
    | dict.fromkeys(("width", "height", "duration", "fps"))
)
CLIP = {
    "id": "c1",
    "source": "f1",
    "start": 0.0,
    "end": 4.0,
    "signals": {"motion": 1, "brightness": 0.5, "sharpness": 1, "aesthetics": None},
    "look": "AAAA",
}
REJECTION = {"signal": "motion", "value": 0.01, "threshold": 0.1, "detail": None}
UNMEASURED = {"signal": "text", "value": None, "threshold": 0.6, "detail": "not measured"}
CURATED = [
    CLIP | {"kept": True, "rejected_by": None, "rejections": []},
    CLIP | {"id": "c2", "kept": False, "rejected_by": REJECTION, "rejections": [REJECTION, UNMEASURED]},
]
CAPTION = {"id": "c1", "caption": "a clear video of a thing", "captioner": "c", "confidence": 0.5}
ROWS = [
    {"id": "c1", "kind": "footage", "split": "train", "source": "f1", "start": 0.0, "end": 4.0}
    | {"caption": "a thing", "licence": "CC0-1.0", "weight": 1.0, "confidence": 0.5},
    {"id": "x", "kind": "image", "split": "validation", "seed": 1, "caption": "a disc", "licence": "CC0-1.0"},
]


def test_good_manifests_pass():
    assert validate("footage", [OK, BAD], footage_suite()).passed
    assert validate("clips", with_seconds([CLIP]), clips_suite(["f1"])).passed
    assert validate("curated", with_reasons(CURATED), curated_suite(["c1", "c2"])).passed
    assert validate("captions", [CAPTION], captions_suite(["c1"])).passed
    assert validate("dataset", with_splits(with_seconds(ROWS)), dataset_suite(["f1"])).passed


def test_manifests_without_rows_pass_where_that_can_be():
    assert validate("clips", [], clips_suite([])).passed
    assert validate("curated", with_reasons([]), curated_suite([])).passed
    assert validate("captions", [], captions_suite([])).passed
    assert validate("dataset", with_splits(with_seconds(ROWS[1:])), dataset_suite([])).passed
    assert not validate("dataset", [], dataset_suite([])).passed


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"id": "f2"}, "unique"),
        ({"licence": None}, "licence"),
        ({"status": "perhaps"}, "perhaps"),
        ({"width": 20_000}, "20000"),
        ({"duration": None, "fps": 0.0}, "fps"),
    ],
)
def test_planted_bad_footage_fails_and_is_named(change, what):
    outcome = validate("footage", [OK | change, BAD], footage_suite())
    assert not outcome.passed
    assert what in outcome.metadata["failed"].value


def test_a_quarantined_file_needs_a_reason():
    assert not validate("footage", [OK, BAD | {"reason": None}], footage_suite()).passed


@pytest.mark.parametrize(
    "change",
    [
        *[{"source": "gone"}, {"end": 0.0}, {"end": 17.0}, {"start": -1.0}, {"look": None}],
        *({"signals": signals} for signals in ({"motion": 101}, {"nsfw": 1.2}, {"aesthetics": -1}, {"text_score": 7})),
        {"signals": {"camera": {"class": "dolly", "confidence": 0.9}}},
        {"signals": {"camera": {"class": "arc", "confidence": 1.9}}},
    ],
)
def test_planted_bad_clips_fail(change):
    assert not validate("clips", with_seconds([CLIP | change]), clips_suite(["f1"])).passed


def _hearing(*sounds):
    return with_sounds(with_seconds([CLIP | {"id": str(at), "signals": {"sounds": s}} for at, s in enumerate(sounds)]))


def test_sounds_are_classes_with_shares_of_the_time_or_not_measured():
    assert validate("clips", _hearing({"explosion": 0.5, "birds": 1.0}, {}, None), clips_suite(["f1"])).passed


@pytest.mark.parametrize("sounds", [{"explosion": 1.2}, {"explosion": 0.0, "birds": 1.0}, {"sneeze": 0.5}])
def test_planted_sounds_that_cannot_be_fail(sounds):
    assert not validate("clips", _hearing({"birds": 1.0}, sounds), clips_suite(["f1"])).passed


def test_a_clip_that_does_not_decode_or_lasts_a_few_frames_needs_no_look():
    broken = CLIP | {"look": None, "error": "the decoder crashed", "signals": {}}
    short = CLIP | {"id": "c3", "end": 0.1, "look": None}
    assert validate("clips", with_seconds([broken, CLIP | {"id": "c2"}, short]), clips_suite(["f1"])).passed


def test_a_clip_may_have_a_camera_or_none():
    seen = CLIP | {"id": "c2", "signals": {"camera": {"class": "zoom in", "confidence": 0.5}}}
    unseen = CLIP | {"id": "c3", "signals": {"camera": None}}
    assert validate("clips", with_seconds([seen, unseen]), clips_suite(["f1"])).passed


@pytest.mark.parametrize(
    "rows",
    [
        CURATED[:1],
        [CURATED[0], CURATED[1] | {"rejected_by": None}],
        [CURATED[0], CURATED[1] | {"rejected_by": REJECTION | {"value": None}}],
        [CURATED[0] | {"rejected_by": REJECTION}, CURATED[1]],
        [CURATED[0] | {"rejections": [REJECTION]}, CURATED[1]],
        [CURATED[0], CURATED[1] | {"rejections": [UNMEASURED]}],
        [CURATED[0], CURATED[1] | {"id": "c3"}],
    ],
)
def test_planted_unexplained_fates_fail(rows):
    assert not validate("curated", with_reasons(rows), curated_suite(["c1", "c2"])).passed


def test_a_rejection_for_want_of_a_measurement_needs_no_value():
    row = CURATED[1] | {"rejected_by": UNMEASURED, "rejections": [UNMEASURED]}
    assert validate("curated", with_reasons([CURATED[0], row]), curated_suite(["c1", "c2"])).passed


@pytest.mark.parametrize("change", [{"caption": ""}, {"caption": None}, {"confidence": 1.5}, {"id": "c9"}])
def test_planted_bad_captions_fail(change):
    assert not validate("captions", [CAPTION | change], captions_suite(["c1"])).passed


@pytest.mark.parametrize(
    "leak",
    [
        ROWS[0] | {"id": "c2", "split": "validation"},
        ROWS[1] | {"id": "y", "split": "train"},
        ROWS[0] | {"id": "c3", "source": "unknown"},
        ROWS[1] | {"id": "z", "seed": 2, "licence": None},
        ROWS[0] | {"id": "c4", "weight": 0.0},
        ROWS[0] | {"id": "c5", "weight": None},
    ],
)
def test_planted_leaks_orphans_and_missing_licences_fail(leak):
    assert not validate("dataset", with_splits(with_seconds([*ROWS, leak])), dataset_suite(["f1"])).passed
