from dataclasses import replace

import pytest

from assets.curation.filters import Rejection, copied, curate
from assets.curation.funnel import draw_funnel, retention, write_table
from assets.curation.policy import HIGH_RESOLUTION, LOW_RESOLUTION, SMALL_CORPUS, STRICTEST, Rule
from tests.assets.curation.looks import look, textured


def clip(name, *, scene=None, side=200, seconds=4.0, error=None, source="s", width=None, **signals):
    seed = sum(ord(letter) * 31**place for place, letter in enumerate(name)) % 10_007 if scene is None else scene
    return {
        "id": name,
        "source": source,
        "start": 1.0,
        "end": 1.0 + seconds,
        "width": width or side * 2,
        "height": side,
        "fps": 25.0,
        "signals": {} if error else {"motion": 2.0, "sharpness": 5.0} | signals,
        "look": None if error else look(textured(seed)).packed(),
        "error": error,
    }


GOOD = {
    "text_score": 0.1,
    "border": 0.0,
    "aesthetics": 5.0,
    "camera": {"class": "static", "confidence": 0.6},
    "nsfw": 0.01,
    "static": False,
    "slideshow": None,
    "motion_score": 3.0,
    "vector_length": 2.0,
    "shots_per_second": 0.1,
}


@pytest.fixture
def clips():
    return [
        clip("good", scene=1),
        clip("broken", error="the decoder crashed"),
        clip("small", side=100),
        clip("short", seconds=0.5),
        clip("long", seconds=17.0),
        clip("blurred", sharpness=0.5),
        clip("still", motion=0.01),
        clip("noisy", motion=30.0),
        clip("copy", scene=1, sharpness=4.0),
    ]


def test_each_clip_is_rejected_for_the_first_signal_out_of_bounds(clips):
    fates = {row["id"]: row["rejected_by"] for row in curate(clips, SMALL_CORPUS)}
    reasons = {name: fate and (fate["signal"], fate["value"], fate["threshold"]) for name, fate in fates.items()}
    assert reasons == {
        "good": None,
        "broken": ("decodable", 0.0, 1.0),
        "small": ("resolution", 100.0, 128.0),
        "short": ("duration", 0.5, 1.0),
        "long": ("duration", 17.0, 16.0),
        "blurred": ("sharpness", 0.5, 1.0),
        "still": ("motion", 0.01, 0.1),
        "noisy": ("motion", 30.0, 12.0),
        "copy": ("duplicate", pytest.approx(0.0, abs=1e-4), SMALL_CORPUS.max_copy_residual),
    }
    assert fates["copy"]["detail"] == "copy of clip good"
    assert [copied(fate) for fate in fates.values() if fate] == [*[None] * 7, "good"]


def test_all_that_speaks_against_a_clip_is_recorded_in_the_policys_order():
    (row,) = curate([clip("bad", side=100, motion=0.0, sharpness=0.1)], SMALL_CORPUS)
    assert [found["signal"] for found in row["rejections"]] == ["resolution", "sharpness", "motion"]
    assert row["rejected_by"] == row["rejections"][0]


def test_of_copies_the_one_with_more_pixels_is_kept():
    rows = curate([clip("small", scene=1), clip("large", scene=1, side=400, sharpness=1.5)], SMALL_CORPUS)
    assert {row["id"]: row["kept"] for row in rows} == {"small": False, "large": True}


def test_a_copy_of_a_copy_is_held_against_the_clip_that_is_kept():
    rows = curate([clip(name, scene=1, sharpness=s) for name, s in (("a", 9.0), ("b", 5.0), ("c", 2.0))], SMALL_CORPUS)
    assert [row["rejected_by"] and row["rejected_by"]["detail"] for row in rows] == [
        None,
        "copy of clip a",
        "copy of clip a",
    ]


def test_a_clip_without_a_look_is_not_taken_for_new():
    (row,) = curate([clip("blind") | {"look": None}], SMALL_CORPUS)
    assert row["rejected_by"] == {
        "signal": "duplicate",
        "value": None,
        "threshold": SMALL_CORPUS.max_copy_residual,
        "detail": "not measured",
    }


def test_what_was_not_measured_passes_only_where_the_policy_says_so():
    rules = (Rule("nsfw", high=0.5, unmeasured="pass"), Rule("aesthetics", low=4.0))
    (row,) = curate([clip("plain", aesthetics=None)], replace(SMALL_CORPUS, rules=rules))
    assert row["rejections"] == [
        {"signal": "aesthetics", "value": None, "threshold": 4.0, "detail": "not measured"},
    ]


def test_the_reason_for_a_missing_measurement_is_told():
    missing = {"aesthetics": None, "missing": {"aesthetics": "the model is not installed"}}
    (row,) = curate([clip("plain", **missing)], replace(SMALL_CORPUS, rules=(Rule("aesthetics", low=4.0),)))
    assert row["rejected_by"]["detail"] == "not measured: the model is not installed"
    assert Rejection(**row["rejected_by"]).words() == ("aesthetics not measured: the model is not installed (limit 4)")


def test_a_value_at_the_bound_is_within_it():
    rules = (Rule("aesthetics", low=4.0), Rule("text", high=0.6))
    policy = replace(SMALL_CORPUS, rules=rules)
    rows = curate(
        [clip("on", aesthetics=4.0, text_score=0.6), clip("off", aesthetics=3.99, text_score=0.61)],
        policy,
    )
    assert [[found["signal"] for found in row["rejections"]] for row in rows] == [[], ["aesthetics", "text"]]


@pytest.mark.parametrize(("seconds", "kept"), [(3.99966, True), (16.0004, True), (3.99, False), (16.01, False)])
def test_bounds_of_time_forgive_the_rounding_of_containers_on_both_sides(seconds, kept):
    policy = replace(SMALL_CORPUS, rules=(Rule("duration", low=4.0, high=16.0),))
    assert curate([clip("x", seconds=seconds)], policy)[0]["kept"] is kept


# The paper's table of the strictest set, a step a line: what falls just outside each bound.
@pytest.mark.parametrize(
    ("changes", "signal"),
    [
        ({"seconds": 121.0}, "source_duration"),
        ({"side": 767, "width": 1000}, "resolution"),
        ({"side": 900, "width": 800}, "aspect"),
        ({"text_score": 0.61}, "text"),
        ({"border": 0.01}, "border"),
        ({"seconds": 11.9}, "duration"),
        ({"aesthetics": 3.9}, "aesthetics"),
        ({"static": True}, "static"),
        ({"slideshow": 0.6}, "slideshow"),
        ({"motion_score": 1.99}, "motion_score"),
        ({"vector_length": 0.4}, "motion_vector"),
        ({"vector_length": 7.1}, "motion_vector"),
        ({"shots_per_second": 0.86}, "shots_per_second"),
    ],
)
def test_the_strictest_policy_has_the_papers_bounds(changes, signal):
    good = clip("x", side=768, seconds=14.0, **GOOD)
    assert curate([good], STRICTEST)[0]["kept"]
    (row,) = curate([clip("x", **({"side": 768, "seconds": 14.0} | GOOD | changes))], STRICTEST)
    assert row["rejected_by"]["signal"] == signal


def test_the_stages_ask_for_growing_sizes_and_accept_portrait():
    tall = {side: clip("t", side=2 * side, width=side, seconds=5.0, **GOOD) for side in (700, 720, 768)}
    kept = {
        policy.name: [side for side, row in tall.items() if curate([row], policy)[0]["kept"]]
        for policy in (LOW_RESOLUTION, HIGH_RESOLUTION, STRICTEST)
    }
    assert kept == {"low-resolution": [720, 768], "high-resolution": [768], "strictest": []}


def test_retention_counts_add_up(clips, tmp_path):
    rows = curate(clips, SMALL_CORPUS)
    steps = retention(rows, SMALL_CORPUS)
    assert [(step.filter, step.clips) for step in steps] == [
        ("all", 9),
        ("decodable", 8),
        ("resolution", 7),
        ("duration", 5),
        ("sharpness", 4),
        ("nsfw", 4),
        ("motion", 2),
        ("duplicate", 1),
    ]
    assert steps[0].seconds == pytest.approx(sum(row["end"] - row["start"] for row in rows))
    assert [step.clips_share * 9 for step in steps] == pytest.approx([step.clips for step in steps])
    draw_funnel(steps, tmp_path / "funnel.png")
    assert (tmp_path / "funnel.png").read_bytes().startswith(b"\x89PNG")
    write_table(steps, tmp_path / "table.csv")
    assert len((tmp_path / "table.csv").read_text().splitlines()) == 1 + len(steps)


def test_the_funnel_says_how_many_fell_because_nothing_was_measured():
    steps = {step.filter: step for step in retention(curate([clip("x", side=768, seconds=14.0)], STRICTEST), STRICTEST)}
    assert (steps["text"].clips, steps["text"].unmeasured) == (0, 1)
    assert steps["border"].unmeasured == 0


def test_nothing_in_gives_an_empty_funnel():
    assert [step.clips for step in retention([], SMALL_CORPUS)] == [0] * 8
