"""The captioning client against a local server that speaks the protocol."""

import base64
import io
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image

from assets.curation.captioning import captions_of, configured
from assets.curation.vlm import CaptionerMisconfigured, CaptionerUnavailable, CaptioningFailed, Endpoint, VlmCaptioner
from tests.assets.videos import moving_pictures, write_video

ANSWER = {
    "choices": [
        {
            "message": {"role": "assistant", "content": "A red square\n crosses a mosaic."},
            "logprobs": {"content": [{"token": "A", "logprob": -0.1}, {"token": " red", "logprob": -0.3}]},
        }
    ]
}


class Server:
    """Answers with what it was given, in order, the last again and again; keeps the questions."""

    def __init__(self, *answers):
        self.asked = []
        self._answers = list(answers)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((self.path, dict(self.headers), body))
                status, headers, content = outer._answers[min(len(outer.asked), len(outer._answers)) - 1]
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def serve():
    running = []

    def start(*answers):
        running.append(Server(*answers))
        return running[-1]

    yield start
    for server in running:
        server.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = write_video(tmp_path_factory.mktemp("clip") / "a.mp4", moving_pictures(50))
    signals = {"brightness": 0.5, "motion": 3.0, "shift": [0, 0], "steadiness": 0, "colours": [["blue", 0.5]]}
    row = {"id": "c1", "source": "s", "start": 0.4, "end": 1.6, "width": 192, "height": 144, "signals": signals}
    return row | {"kept": True}, {"id": "s", "path": str(path), "name": "a.mp4"}


def captioner(server, waited=None, **changes):
    endpoint = Endpoint(server.url, "some-vlm", **({"key": "secret", "seconds": 5.0} | changes))
    return VlmCaptioner(endpoint, frames=3, side=96, wait=(waited if waited is not None else []).append)


def test_frames_go_out_as_jpeg_data_urls_and_the_answer_is_the_caption(serve, clip):
    server = serve((200, {}, ANSWER))
    said = captioner(server).caption(*clip)
    assert (said.text, said.captioner) == ("A red square crosses a mosaic.", "vlm:some-vlm")
    assert said.confidence == pytest.approx(np.exp(-0.2), abs=1e-4)
    ((path, headers, body),) = server.asked
    assert (path, headers["Authorization"], body["model"]) == ("/v1/chat/completions", "Bearer secret", "some-vlm")
    text, *pictures = body["messages"][0]["content"]
    assert text["type"] == "text"
    assert len(pictures) == 3
    for picture in pictures:
        kind, content = picture["image_url"]["url"].split(",", 1)
        assert kind == "data:image/jpeg;base64"
        assert Image.open(io.BytesIO(base64.b64decode(content))).size == (96, 72)


def test_without_token_probabilities_there_is_no_confidence(serve, clip):
    server = serve((200, {}, {"choices": [{"message": {"content": "A thing."}, "logprobs": None}]}))
    assert captioner(server).caption(*clip).confidence is None


def test_a_busy_server_is_asked_again_after_the_time_that_it_names(serve, clip):
    server, waited = serve((503, {}, {}), (429, {"Retry-After": "7"}, {}), (200, {}, ANSWER)), []
    assert captioner(server, waited).caption(*clip).text.startswith("A red")
    assert waited == [1.0, 7.0]


def test_a_server_that_stays_busy_fails_after_the_last_attempt(serve, clip):
    server = serve((500, {}, b"out of memory"))
    with pytest.raises(CaptioningFailed, match="500: out of memory"):
        captioner(server, attempts=3).caption(*clip)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_final_and_says_what_to_check(serve, clip, status):
    server = serve((status, {}, {"error": "no"}))
    with pytest.raises(CaptionerUnavailable, match="CINEMILL_CAPTIONER_KEY"):
        captioner(server).caption(*clip)
    assert len(server.asked) == 1


@pytest.mark.parametrize("content", [b"<html>", {"choices": []}, {"choices": [{"message": {"content": "  "}}]}, []])
def test_an_answer_that_is_no_caption_fails(serve, clip, content):
    with pytest.raises(CaptioningFailed):
        captioner(serve((200, {}, content))).caption(*clip)


def test_a_server_that_is_not_there_is_unavailable(clip):
    endpoint = Endpoint("http://127.0.0.1:9/v1", "m", attempts=2)
    with pytest.raises(CaptionerUnavailable, match="cannot be reached"):
        VlmCaptioner(endpoint, wait=lambda _: None).caption(*clip)


def test_one_clip_that_fails_gets_the_template_and_answers_are_asked_for_once(serve, clip, tmp_path):
    row, footage = clip
    server = serve((200, {}, ANSWER), (400, {}, {"error": "too long"}))
    rows = [row, row | {"id": "c2"}, row | {"id": "c3", "kept": False}]
    first = captions_of(rows, [footage], captioner(server), tmp_path)
    assert [(said["id"], said["captioner"]) for said in first] == [("c1", "vlm:some-vlm"), ("c2", "template-1")]
    again = captions_of(rows[:1], [footage], captioner(server), tmp_path)
    assert again == first[:1]
    assert len(server.asked) == 2


def test_the_configuration_chooses_the_captioner(monkeypatch):
    monkeypatch.delenv("CINEMILL_CAPTIONER_URL", raising=False)
    assert configured().name == "template-1"
    monkeypatch.setenv("CINEMILL_CAPTIONER_URL", "http://127.0.0.1:8000/v1/")
    with pytest.raises(CaptionerMisconfigured, match="CINEMILL_CAPTIONER_MODEL"):
        configured()
    monkeypatch.setenv("CINEMILL_CAPTIONER_MODEL", "m")
    assert configured().name == "vlm:m"
    monkeypatch.setenv("CINEMILL_CAPTIONER_URL", "file:///etc/passwd")
    with pytest.raises(CaptionerMisconfigured, match="http"):
        configured()
