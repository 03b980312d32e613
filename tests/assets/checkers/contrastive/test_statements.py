import numpy as np
import pytest

from assets.checkers.contrastive.statements import (
    SORTS,
    WORDINGS,
    Facts,
    Statement,
    changed,
    drawn,
    namings,
    truths,
    vocabulary,
)

FROG = ("frog", "red", "green", "jump")
BALL = ("ball", None, "white", "left")
HILLS = Facts((FROG, BALL), "in green hills", "pan left")
DESERT = Facts((("robot", "red", "white", "throw left"),), "in a desert", "static", "sepia")


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (Statement(kind="frog"), [1, 0]),
        (Statement(colour="red"), [1, 1]),
        (Statement(kind="frog", colour="red", motion="jump"), [1, 0]),
        (Statement(kind="ball", colour="red"), [0, 0]),  # each is there, not together
        (Statement(kind="ball", colour="white"), [-1, 0]),  # white by nature, undyed
        (Statement(kind="frog", colour="green"), [0, 0]),  # dyed over
        (Statement(kind="robot", motion="left"), [0, -1]),  # thrown to the left
        (Statement(place="in a desert"), [0, 1]),
        (Statement(kind="frog", place="in a desert"), [0, 0]),
        (Statement(camera="pan left"), [1, 0]),
        (Statement(place="in outer space"), [0, 0]),
        (Statement(style="sepia"), [0, 1]),
        (Statement(place="in a desert", style="natural"), [0, 0]),
    ],
)
def test_a_statement_is_true_where_one_thing_has_all_that_is_said(statement, expected):
    assert truths([statement], [HILLS, DESERT]).tolist() == [expected]


def test_of_a_clip_without_things_only_place_and_camera_can_be_true():
    nobody = Facts((), "in a desert", "static")
    said = [Statement(colour="red"), Statement(place="in a desert", camera="static")]
    assert truths(said, [nobody]).tolist() == [[0], [1]]


def test_drawn_statements_are_true_and_their_texts_name_what_they_say():
    rng = np.random.default_rng(0)
    for _ in range(60):
        statement = drawn(HILLS, rng)
        text = statement.text(rng)
        assert truths([statement], [HILLS]).tolist() == [[1]]
        for name in (statement.kind, statement.colour, statement.place):
            assert name is None or name in text
        assert (statement.camera is None) == ("camera" not in text.lower() and "pan left" not in text.lower())


def test_a_changed_statement_differs_in_one_field():
    rng = np.random.default_rng(0)
    true = Statement("frog", "red", "left", "in green hills", "pan left")
    for _ in range(40):
        false = changed(true, rng, ("in green hills", "in a desert"))
        differing = [name for name in vars(true) if getattr(true, name) != getattr(false, name)]
        assert len(differing) == 1
    assert changed(true, rng, (), "motion").motion != "left"


def test_wordings_vary_and_equal_lots_word_alike():
    statement = Statement("frog", "orange", "left", "in green hills", "pan left")
    texts = {statement.text(np.random.default_rng(seed)) for seed in range(20)}
    assert len(texts) > 5
    assert statement.text(np.random.default_rng(3)) == statement.text(np.random.default_rng(3))
    assert Statement(colour="orange").text(np.random.default_rng(0)) == "an orange thing"
    assert Statement(style="greyscale").text(np.random.default_rng(0)) == "a scene in black and white"


def test_the_vocabulary_names_each_word_of_each_sort_once_in_every_wording():
    for wording in range(WORDINGS):
        sorts = vocabulary(("in a desert", "in outer space"), wording)
        assert [len(sort) for sort in sorts] == [69, 10, 13, 2, 16, 4]
        for sort in sorts:
            assert len({text for _, text in sort}) == len(sort)
            assert all(sum(value is not None for value in vars(said).values()) == 1 for said, _ in sort)


def test_statements_name_the_words_that_they_hold_and_no_others():
    sorts = dict(zip(SORTS, vocabulary(("in a desert", "in outer space"), 0), strict=True))
    said = [Statement("frog", "red"), Statement(place="in outer space"), Statement(camera="pan left", colour="blue")]
    held = {
        sort: [
            [getattr(word, sort) for (word, _), named in zip(words, row, strict=True) if named]
            for row in namings(said, [word for word, _ in words])
        ]
        for sort, words in sorts.items()
    }
    assert held["kind"] == [["frog"], [], []]
    assert held["colour"] == [["red"], [], ["blue"]]
    assert held["motion"] == [[], [], []]
    assert held["place"] == [[], ["in outer space"], []]
    assert held["camera"] == [[], [], ["pan left"]]
