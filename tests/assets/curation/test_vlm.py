"""The captioner against a local server that speaks the protocol."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from assets.curation.captioning import captions_of, configured, unsettled
from assets.curation.vlm import VlmCaptioner
from serving.openai_endpoint import ChatClient, CompletionFailed, Endpoint, EndpointMisconfigured, EndpointUnavailable
from tests.assets.videos import moving_pictures, write_video
from tests.chat_server import says

TOKENS = [{"token": "A", "logprob": -0.1}, {"token": " red", "logprob": -0.3}]
ANSWER = says("A red square\n crosses a mosaic.", logprobs={"content": TOKENS})


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = write_video(tmp_path_factory.mktemp("clip") / "a.mp4", moving_pictures(50))
    signals = {"brightness": 0.5, "motion": 3.0, "shift": [0, 0], "steadiness": 0, "colours": [["blue", 0.5]]}
    row = {"id": "c1", "source": "s", "start": 0.4, "end": 1.6, "width": 192, "height": 144, "signals": signals}
    return row | {"kept": True}, {"id": "s", "path": str(path), "name": "a.mp4"}


def captioner(url, **changes):
    endpoint = Endpoint(url, "some-vlm", "CINEMILL_CAPTIONER", **({"key": "secret", "seconds": 5.0} | changes))
    return VlmCaptioner(ChatClient(endpoint, wait=lambda _: None), frames=3, side=96)


def test_frames_go_out_as_jpeg_data_urls_and_the_answer_is_the_caption(serve, clip):
    server = serve(ANSWER)
    said = captioner(server.url).caption(*clip)
    assert (said.text, said.captioner) == ("A red square crosses a mosaic.", "vlm:some-vlm")
    assert said.confidence == pytest.approx(np.exp(-0.2), abs=1e-4)
    ((_, headers, body),) = server.asked
    assert (headers["Authorization"], body["model"], body["logprobs"]) == ("Bearer secret", "some-vlm", True)
    text, *pictures = body["messages"][0]["content"]
    assert text["type"] == "text"
    assert len(pictures) == 3
    for picture in pictures:
        kind, content = picture["image_url"]["url"].split(",", 1)
        assert kind == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(content))).size == (96, 72)


def test_without_token_probabilities_there_is_no_confidence(serve, clip):
    assert captioner(serve(says("A thing.", logprobs=None)).url).caption(*clip).confidence is None


def test_a_failing_endpoint_is_named_with_its_variables(serve, clip):
    with pytest.raises(CompletionFailed, match="500: out of memory"):
        captioner(serve((500, {}, b"out of memory")).url, attempts=2).caption(*clip)
    with pytest.raises(EndpointUnavailable, match="CINEMILL_CAPTIONER_URL, _MODEL and _KEY"):
        captioner(serve((401, {}, {})).url).caption(*clip)


def test_one_clip_that_fails_gets_the_template_and_answers_are_asked_for_once(serve, clip, tmp_path):
    row, footage = clip
    server = serve(ANSWER, (400, {}, {"error": "too long"}))
    rows = [row, row | {"id": "c2"}, row | {"id": "c3", "kept": False}]
    first = captions_of(rows, [footage], captioner(server.url), tmp_path)
    assert [(said["id"], said["captioner"]) for said in first] == [("c1", "vlm:some-vlm"), ("c2", "template-1")]
    assert [unsettled(said, "vlm:some-vlm") for said in first] == [False, True]
    again = captions_of(rows[:1], [footage], captioner(server.url), tmp_path)
    assert again == first[:1]
    assert len(server.asked) == 2


def test_an_endpoint_that_cannot_be_used_is_not_replaced_by_the_template(serve, clip, tmp_path):
    row, footage = clip
    with pytest.raises(EndpointUnavailable):
        captions_of([row], [footage], captioner(serve((401, {}, {})).url), tmp_path)


def test_the_configuration_chooses_the_captioner(monkeypatch):
    monkeypatch.delenv("CINEMILL_CAPTIONER_URL", raising=False)
    assert configured().name == "template-1"
    monkeypatch.setenv("CINEMILL_CAPTIONER_URL", "http://127.0.0.1:8000/v1/")
    with pytest.raises(EndpointMisconfigured, match="CINEMILL_CAPTIONER_MODEL"):
        configured()
    monkeypatch.setenv("CINEMILL_CAPTIONER_MODEL", "m")
    assert configured().name == "vlm:m"
