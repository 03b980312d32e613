"""The rules, and the client of a language model against a local server."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.world.captions import long, short
from assets.world.draw import draw
from assets.world.physics import simulate
from assets.world.wording import said
from serving.openai_endpoint import ChatClient, Endpoint, EndpointMisconfigured
from serving.rewriting import EXAMPLES, RULES, EndpointRewriter, Rewrite, RewritingFailed, configured, rewrite
from serving.text import quoted
from tests.chat_server import says

PROMPT = "red ball rolling left"
CAPTION = "a red ball rolls to the left on a blue background"
PIECES = st.sampled_from(
    [*("A", "an", "The", "RED", "ball", "cars", "Ünal", "3", "2.5", "SALE", ":)", "e.g."), *'.,;:!?"“”«»', " ", "\n"]
)


def model(url, **changes):
    endpoint = Endpoint(url, "some-llm", "CINEMILL_REWRITER", **({"seconds": 5.0} | changes))
    return EndpointRewriter(ChatClient(endpoint, wait=lambda _: None))


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        ("  A red\tball \n rolls  left. ", "a red ball rolls left"),
        ("The CAT sits , purring !!!", "the CAT sits, purring!"),
        ("A RED BALL ROLLS LEFT!!", "a red ball rolls left!"),
        ("a red ball.  it rolls left", "A red ball. It rolls left."),
        ("paris at night, 2.5 s of 16:9", "paris at night, 2.5 s of 16:9"),
        ("Paris at night", "Paris at night"),
        ("A ROBOT WITH A SIGN “BIG  SALE !!”", "a robot with a sign “BIG  SALE !!”"),
        ("TV ON, by night", "TV ON, by night"),
        ('A car. the words "a. b ,c"', 'A car. The words "a. b ,c".'),
        ('A car rolls. "Open . now" is written', 'A car rolls. "Open . now" is written.'),
        ("a ball ...", "a ball ..."),
        (".", "."),
        (" \n", ""),
    ],
)
def test_the_rules_tidy_spaces_punctuation_and_capitals(prompt, text):
    assert RULES.rewrite(prompt) == text


def test_what_is_a_training_caption_already_stays_as_it_is():
    for seed in range(150):
        spec = draw(seed)
        done = simulate(spec, spec.seconds)
        for caption in (short(spec, done, moving=True), long(spec, done, moving=True), short(spec, done, moving=False)):
            assert RULES.rewrite(caption) == caption


@settings(deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_the_rules_keep_every_word_and_all_quotes_and_have_nothing_to_do_twice(prompt):
    text = RULES.rewrite(prompt)
    assert re.findall(r"\w+", text.casefold()) == re.findall(r"\w+", prompt.casefold())
    assert quoted(text) == quoted(prompt)
    assert RULES.rewrite(text) == text
    assert bool(text) == bool(prompt.strip())


def test_a_model_is_shown_the_style_and_its_answer_is_the_prompt(serve):
    server = serve(says(CAPTION))
    assert rewrite(PROMPT, model(server.url)) == Rewrite(PROMPT, CAPTION, "llm:some-llm")
    ((_, _, body),) = server.asked
    system, *examples, question = body["messages"]
    assert (system["role"], body["temperature"]) == ("system", 0)
    assert [(turn["role"], turn["content"]) for turn in examples] == [
        turn for asked, answered in EXAMPLES for turn in (("user", asked), ("assistant", answered))
    ]
    assert question == {"role": "user", "content": PROMPT}


def test_the_examples_say_the_same_in_the_words_of_the_captions():
    star, frog, car = (said(answered.lower()) for _, answered in EXAMPLES)
    assert (star.kind, star.colour, star.motion, star.background) == ("star", "white", "spin", "black")
    assert (frog.kind, frog.colour, frog.motion, frog.background) == ("frog", "red", "jump", "blue")
    assert (car.kind, car.colour, car.background) == ("car", None, None)
    for asked, answered in EXAMPLES:
        assert RULES.rewrite(answered) == answered
        assert quoted(asked) == quoted(answered)


def test_quotes_around_the_whole_answer_are_taken_off(serve):
    assert model(serve(says(f'"{CAPTION}"')).url).rewrite(PROMPT) == CAPTION


def test_words_in_quotes_may_stand_in_other_quotes(serve):
    answer = 'a red ball under "SALE"'
    assert model(serve(says(answer)).url).rewrite("red ball, text “SALE”") == answer


@pytest.mark.parametrize(
    ("prompt", "answer", "reason"),
    [
        ('a ball under "SALE"', says('a ball under "Sale"'), "other words in quotes"),
        ('a ball under "SALE"', says("a ball under a sign"), "other words in quotes"),
        (PROMPT, says('a ball under "SALE"'), "other words in quotes"),
        (PROMPT, says("ball " * 300), "1499 characters, more than 1000"),
        (PROMPT, says(" "), "empty answer"),
        (PROMPT, (400, {}, b"too long"), "400: too long"),
        (PROMPT, (401, {}, b"no"), "check CINEMILL_REWRITER_URL, _MODEL and _KEY"),
    ],
)
def test_an_answer_that_cannot_be_used_fails_with_prompt_and_reason(serve, prompt, answer, reason):
    with pytest.raises(RewritingFailed, match=reason) as failed:
        rewrite(prompt, model(serve(answer).url))
    assert repr(prompt) in str(failed.value)
    assert "rewrite: true" in str(failed.value)


def test_what_a_model_makes_of_a_prompt_is_screened_too(serve):
    with pytest.raises(RewritingFailed, match="refused by rule 'violence'"):
        rewrite(PROMPT, model(serve(says("a man is beheaded")).url))


def test_the_configuration_chooses_the_rewriter(monkeypatch):
    monkeypatch.delenv("CINEMILL_REWRITER_URL", raising=False)
    assert configured() is RULES
    monkeypatch.setenv("CINEMILL_REWRITER_URL", "http://127.0.0.1:8000/v1")
    with pytest.raises(EndpointMisconfigured, match="CINEMILL_REWRITER_MODEL"):
        configured()
    monkeypatch.setenv("CINEMILL_REWRITER_MODEL", "m")
    assert configured().name == "llm:m"
