from dataclasses import replace

import pytest

from assets.curation.filters import curate
from assets.curation.funnel import draw_funnel, retention_table
from assets.curation.policy import SMALL_CORPUS


def clip(name, *, hashes=None, side=200, seconds=4.0, error=None, **signals):
    number = sum(ord(letter) * 7919**place for place, letter in enumerate(name))
    return {
        "id": name,
        "source": "s",
        "start": 1.0,
        "end": 1.0 + seconds,
        "width": side * 2,
        "height": side,
        "fps": 25.0,
        "signals": {"motion": 2.0, "sharpness": 5.0, "hashes": hashes or [f"{number % 2**64:016x}"]} | signals,
        "error": error,
    }


@pytest.fixture
def clips():
    return [
        clip("good", hashes=["00000000ffffffff"]),
        clip("broken", error="the decoder crashed"),
        clip("small", side=100),
        clip("short", seconds=0.5),
        clip("long", seconds=17.0),
        clip("blurred", sharpness=0.5),
        clip("still", motion=0.01),
        clip("noisy", motion=30.0),
        clip("copy", hashes=["00000000fffffffe"], sharpness=4.0),
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
        "copy": ("duplicate", 1.0, 8.0),
    }
    assert fates["copy"]["detail"] == "of clip good"


def test_of_copies_the_one_with_more_pixels_is_kept():
    rows = curate([clip("small", hashes=["0f"]), clip("large", hashes=["0f"], side=400, sharpness=1.5)], SMALL_CORPUS)
    assert {row["id"]: row["kept"] for row in rows} == {"small": False, "large": True}


def test_a_shorter_copy_that_starts_later_is_found():
    moments = ["0000000000000000", "00000000ffffffff", "ffffffff00000000", "ffffffffffffffff"]
    rows = curate([clip("whole", hashes=moments, sharpness=9.0), clip("part", hashes=moments[2:])], SMALL_CORPUS)
    assert [row["kept"] for row in rows] == [True, False]


def test_thresholds_are_the_policys(clips):
    generous = replace(SMALL_CORPUS, min_side=1, min_seconds=0, max_seconds=99, min_sharpness=0, min_motion=0)
    kept = {row["id"] for row in curate(clips, replace(generous, max_motion=99, max_copy_distance=-1)) if row["kept"]}
    assert kept == {row["id"] for row in clips} - {"broken"}


def test_retention_counts_add_up(clips, tmp_path):
    rows = curate(clips, SMALL_CORPUS)
    table = retention_table(rows, SMALL_CORPUS)
    assert table["clips"].tolist() == [9, 8, 7, 5, 4, 2, 1]
    assert table["clips"].iloc[-1] == sum(row["kept"] for row in rows)
    assert table["seconds"].iloc[0] == pytest.approx(sum(row["end"] - row["start"] for row in rows))
    assert (table["clips_share"] * 9).tolist() == pytest.approx(table["clips"].tolist())
    draw_funnel(table, tmp_path / "funnel.png")
    assert (tmp_path / "funnel.png").read_bytes().startswith(b"\x89PNG")


def test_nothing_in_gives_an_empty_funnel():
    assert retention_table([], SMALL_CORPUS)["clips"].tolist() == [0] * 7
