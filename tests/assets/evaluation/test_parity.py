"""What the export is compared at, and what counts as agreement."""

from copy import deepcopy

import pytest

from assets.evaluation.parity import beyond, served_sizes
from assets.evaluation.serving_config import serving_config
from models.recipes import demo

AGREEING = {
    "graphs": {"backbone": 1e-6},
    "end_to_end": {"pixels": 1.0, "audio": 1e-5},
    "variants": {"int8": {"graphs": {"backbone": 0.1}, "bytes": {"backbone": 10.0}}},
}


def test_what_agrees_is_not_beyond():
    assert beyond(AGREEING) == {}


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (("graphs", "backbone"), "backbone"),
        (("end_to_end", "pixels"), "frames"),
        (("end_to_end", "audio"), "sound"),
        (("variants", "int8", "graphs", "backbone"), "backbone (int8)"),
    ],
)
@pytest.mark.parametrize("value", [3.0, float("nan"), float("inf")])
def test_what_differs_or_is_no_number_is_named(place, name, value):
    found = deepcopy(AGREEING)
    *way, last = place
    inner = found
    for step in way:
        inner = inner[step]
    inner[last] = value
    assert set(beyond(found)) == {name}


def test_graphs_are_compared_at_the_longest_wide_and_tall_clips_that_are_served():
    wide, tall = served_sizes("backbone", serving_config(demo()))
    assert (wide["T"], wide["h"], wide["w"]) == (8, 8, 14)
    assert (tall["T"], tall["h"], tall["w"]) == (8, 14, 8)
    assert {wide["B"], tall["B"]} == {2, 3}
    assert wide["L_prompt"] == demo().backbone.text.prompt.length


def test_a_text_graph_is_compared_at_the_longest_text_of_those_that_share_it():
    text = demo().backbone.text
    sizes, _ = served_sizes("text_minilm", serving_config(demo()))
    assert sizes["L"] == max(text.prompt.length, text.long.length)
