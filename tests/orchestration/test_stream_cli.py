import io
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from orchestration import stream_cli
from orchestration.cli import app
from orchestration.stream_cli import Teller, ends_by, follow
from serving.live import Chunk, Prompt


def test_lines_replace_the_prompt_and_refused_ones_are_passed_over(monkeypatch):
    said = io.StringIO()
    monkeypatch.setattr(stream_cli, "_err", Console(file=said, soft_wrap=True))
    prompt = Prompt("a red ball")
    follow(io.StringIO("a green star\n\na naked woman\n"), prompt)
    assert prompt.text == "a green star"
    assert "rule 'sexual'" in said.getvalue()
    assert "goes on with the prompt before" in said.getvalue()


def test_progress_tells_how_much_video_came_when_and_ends_the_stream_when_interrupted():
    said, ended = io.StringIO(), threading.Event()
    tell = Teller(Console(file=said, soft_wrap=True), ended)
    chunks = [Chunk(n, "a [ball]", np.zeros((24, 2, 2, 3), np.uint8), 16, 1.0 + n) for n in range(2)]
    assert tell(chunks[0])
    ended.set()
    assert not tell(chunks[1])
    assert said.getvalue().split("\n")[1].strip() == "3.0 s of video after 2.0 s: a [ball]"


def test_a_stream_ends_when_nobody_reads_what_it_tells():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        chunk = Chunk(0, "a ball " * 20_000, np.zeros((24, 2, 2, 3), np.uint8), 16, 1.0)
        assert not Teller(stream_cli.Terminal(file=gone), threading.Event())(chunk)
        os.dup2(os.open(os.devnull, os.O_WRONLY), writing)


def test_the_first_signal_ends_a_stream_the_second_the_program_and_ignored_ones_stay_so(monkeypatch):
    handlers = {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: signal.SIG_DFL,
        signal.SIGHUP: signal.SIG_IGN,
    }
    before = dict(handlers)
    monkeypatch.setattr(signal, "getsignal", handlers.get)
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    ended = threading.Event()
    ends_by(stream_cli._ENDS, ended)
    assert handlers[signal.SIGHUP] == signal.SIG_IGN
    handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert ended.is_set()
    assert handlers[signal.SIGTERM] == before[signal.SIGTERM]


def test_a_stream_whose_viewer_leaves_ends_quietly():
    code = """
import sys
from orchestration.cli import app
import serving.studio

class Leaving:
    def __init__(self, home): ...
    def stream(self, prompt, output, **options):
        while True:
            output.write(bytes(1 << 16))

serving.studio.Studio = Leaving
sys.argv = ["cinemill", "stream", "a ball", "-o", "-"]
app()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.read(10) == bytes(10)
    process.stdout.close()
    said = process.stderr.read().decode()
    assert process.wait() == 0, said
    assert said == "nobody reads the stream any more: it has ended\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stream_that_is_told_to_stop_ends_with_its_chunk(tmp_path, number):
    code = """
import signal, sys, time

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever whoever runs the tests ignores
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)
from orchestration.cli import app
from serving.film import Made
from serving.live import Chunk
import numpy as np
import serving.studio

class Endless:
    def __init__(self, home): ...
    def stream(self, prompt, output, *, told, **options):
        chunk = Chunk(0, prompt.text, np.zeros((24, 2, 2, 3), np.uint8), 16, 1.0)
        while told(chunk):
            time.sleep(0.05)
        output.write_bytes(b"signed")
        return Made(output, "0" * 64, 1.5, (128, 128), "1")

serving.studio.Studio = Endless
sys.argv = ["cinemill", "stream", "a ball", "-o", sys.argv[1]]
app()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "live.mp4")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert b"1.5 s of video" in process.stderr.readline()
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "live.mp4" in out.decode()
    assert (tmp_path / "live.mp4").read_bytes() == b"signed"


@pytest.mark.parametrize(("prompt", "said"), [("a naked woman", "rule 'sexual'"), ("a ball", "there is no model in")])
def test_what_cannot_be_streamed_is_refused_in_one_line(tmp_path, monkeypatch, prompt, said):
    monkeypatch.setenv("CINEMILL_HOME", str(tmp_path / "home"))
    result = CliRunner().invoke(app, ["stream", prompt, "-o", str(tmp_path / "live.mp4")])
    assert result.exit_code == 2
    assert said in result.stderr
