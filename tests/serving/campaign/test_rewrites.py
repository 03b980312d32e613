import pytest

from serving.campaign.brief import Brief
from serving.campaign.rewrites import rewritten
from serving.campaign.variants import variants
from serving.openai_endpoint import ChatClient, Endpoint
from serving.rewriting import RULES, EndpointRewriter, Rewrite
from tests.chat_server import says


@pytest.fixture
def wanted(fields):
    """Two audiences in two locales."""
    fields["audiences"] = [{"name": "kids", "prompt": "A red ball."}, {"name": "cats", "prompt": "A blue fish."}]
    return variants(Brief(**fields))


def model(url):
    return EndpointRewriter(ChatClient(Endpoint(url, "m", "CINEMILL_REWRITER"), wait=lambda _: None))


def test_each_prompt_is_rewritten_once_for_all_its_films(wanted, serve):
    server = serve(says("a red ball rolls"), says("a blue fish glides"))
    result = rewritten(wanted, model(server.url), [])
    assert [variant.text for variant in result.variants] == ["a red ball rolls"] * 2 + ["a blue fish glides"] * 2
    assert [variant.prompt for variant in result.variants] == [variant.prompt for variant in wanted]
    assert result.rewrites == [
        Rewrite("A red ball.", "a red ball rolls", "llm:m"),
        Rewrite("A blue fish.", "a blue fish glides", "llm:m"),
    ]
    assert result.failed == []
    assert len(server.asked) == 2


def test_what_the_same_rewriter_said_before_stands(wanted, serve):
    server = serve(says("a blue fish glides"))
    earlier = [Rewrite("A red ball.", "a red ball rests", "llm:m"), Rewrite("A blue fish.", "a blue fish", "rules-1")]
    result = rewritten(wanted, model(server.url), earlier)
    assert [each.text for each in result.rewrites] == ["a red ball rests", "a blue fish glides"]
    assert len(server.asked) == 1


def test_what_was_said_before_is_screened_again(wanted):
    earlier = [Rewrite("A red ball.", "a naked child", "rules-1")]
    result = rewritten(wanted, RULES, earlier)
    assert [failed.variant for failed in result.failed] == ["kids_en_1x1", "kids_de-at_1x1"]
    assert "'minors'" in result.failed[0].reason
    assert [each.text for each in result.rewrites] == ["a blue fish"]


def test_one_prompt_that_fails_takes_its_own_films_along_and_no_others(wanted, serve):
    server = serve((400, {}, b"too long"), says("a blue fish glides"))
    result = rewritten(wanted, model(server.url), [])
    assert [variant.id for variant in result.variants] == ["cats_en_1x1", "cats_de-at_1x1"]
    assert [failed.variant for failed in result.failed] == ["kids_en_1x1", "kids_de-at_1x1"]
    assert "RewritingFailed: the prompt 'A red ball.'" in result.failed[0].reason


def test_an_endpoint_that_cannot_be_used_is_not_asked_about_every_prompt(wanted, serve):
    server = serve((401, {}, b"no"))
    result = rewritten(wanted, model(server.url), [])
    assert len(server.asked) == 1
    assert [failed.reason.split(" could", 1)[0] for failed in result.failed] == [
        *["RewriterUnavailable: the prompt 'A red ball.'"] * 2,
        *["RewriterUnavailable: the prompt 'A blue fish.'"] * 2,
    ]
