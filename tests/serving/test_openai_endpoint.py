"""The client of an OpenAI-compatible endpoint against a local server."""

import pytest

from serving.openai_endpoint import ChatClient, CompletionFailed, Endpoint, EndpointMisconfigured, EndpointUnavailable
from tests.chat_server import says

QUESTION = [{"role": "user", "content": "Well?"}]


def ask(url, waited=None, *, logprobs=False, **changes):
    endpoint = Endpoint(url, "some-model", "CINEMILL_TEST", **({"key": "secret", "seconds": 5.0} | changes))
    client = ChatClient(endpoint, wait=(waited if waited is not None else []).append)
    return client.complete(QUESTION, max_tokens=7, logprobs=logprobs)


def test_the_question_names_model_and_length_and_carries_the_key(serve):
    server = serve(says("It\n is."))
    assert ask(server.url).text == "It is."
    ((path, headers, body),) = server.asked
    assert (path, headers["Authorization"]) == ("/v1/chat/completions", "Bearer secret")
    assert body == {"model": "some-model", "messages": QUESTION, "max_tokens": 7, "temperature": 0}


def test_without_a_key_none_is_sent(serve):
    server = serve(says("Yes."))
    ask(server.url, key=None)
    assert "Authorization" not in server.asked[0][1]


def test_probabilities_come_where_they_are_asked_for_and_given(serve):
    tokens = [{"token": "Y", "logprob": -0.1}, {"token": "es", "logprob": -0.3}]
    server = serve(says("Yes", logprobs={"content": tokens}), says("Yes", logprobs=None))
    assert ask(server.url, logprobs=True).log_probabilities == (-0.1, -0.3)
    assert ask(server.url, logprobs=True).log_probabilities == ()
    assert server.asked[0][2]["logprobs"] is True


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(serve):
    server, waited = serve((503, {}, {}), (429, {"Retry-After": "7"}, {}), says("Yes.")), []
    assert ask(server.url, waited).text == "Yes."
    assert waited == [1.0, 7.0]


@pytest.mark.parametrize(("header", "seconds"), [("3600", 30.0), ("-1", 0.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 1.0)])
def test_no_server_makes_us_wait_beyond_reason(serve, header, seconds):
    waited = []
    ask(serve((503, {"Retry-After": header}, {}), says("Yes.")).url, waited)
    assert waited == [seconds]


def test_a_server_that_stays_busy_fails_after_the_last_attempt(serve):
    server = serve((500, {}, b"out of memory"))
    with pytest.raises(CompletionFailed, match="500: out of memory"):
        ask(server.url, attempts=3)
    assert len(server.asked) == 3


def test_a_question_that_the_server_finds_wrong_is_asked_once(serve):
    server = serve((400, {}, b"too long"))
    with pytest.raises(CompletionFailed, match="400: too long"):
        ask(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final_and_says_what_to_check(serve, status):
    server = serve((status, {}, {"error": "no"}))
    with pytest.raises(EndpointUnavailable, match="check CINEMILL_TEST_URL, _MODEL and _KEY"):
        ask(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize("content", [b"<html>", {"choices": []}, {"choices": [{"message": {"content": "  "}}]}, []])
def test_what_is_no_answer_fails(serve, content):
    with pytest.raises(CompletionFailed):
        ask(serve((200, {}, content)).url)


def test_a_server_that_is_not_there_is_unavailable():
    waited = []
    with pytest.raises(EndpointUnavailable, match="cannot be reached"):
        ask("http://127.0.0.1:9/v1", waited, attempts=3)
    assert waited == [1.0, 2.0]


def test_the_environment_names_the_endpoint(monkeypatch):
    monkeypatch.delenv("CINEMILL_TEST_URL", raising=False)
    assert Endpoint.from_env("CINEMILL_TEST") is None
    monkeypatch.setenv("CINEMILL_TEST_URL", "http://127.0.0.1:8000/v1/")
    with pytest.raises(EndpointMisconfigured, match="CINEMILL_TEST_MODEL"):
        Endpoint.from_env("CINEMILL_TEST")
    monkeypatch.setenv("CINEMILL_TEST_MODEL", "m")
    assert Endpoint.from_env("CINEMILL_TEST") == Endpoint("http://127.0.0.1:8000/v1", "m", "CINEMILL_TEST")
    monkeypatch.setenv("CINEMILL_TEST_KEY", "k")
    assert Endpoint.from_env("CINEMILL_TEST").key == "k"
    monkeypatch.setenv("CINEMILL_TEST_URL", "file:///etc/passwd")
    with pytest.raises(EndpointMisconfigured, match="CINEMILL_TEST_URL is 'file"):
        Endpoint.from_env("CINEMILL_TEST")
