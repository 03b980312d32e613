"""``cinemill stream``: video as it is made, under prompts that come in while it runs."""

import os
import signal
import sys
import threading
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer
from rich.console import Console

from orchestration.generate_cli import print_made
from serving.errors import PromptRefused
from serving.home import Home

if TYPE_CHECKING:
    from serving.live import Chunk, Prompt

_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a stream, which is then signed: Ctrl-C, a supervisor's stop, a terminal that is closed."""
_AHEAD = 1.5  # seconds that viewers lie behind: about one chunk


class Terminal(Console):
    """A console that says so when nobody reads it any more; the library's would end the program."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError."""
        raise BrokenPipeError("nobody reads what the stream tells")


_err = Terminal(stderr=True, highlight=False, soft_wrap=True, emoji=False)


class StreamAspect(StrEnum):
    """Aspect ratios of streams."""

    square = "1:1"
    wide = "16:9"
    tall = "9:16"


def stream(
    prompt: Annotated[str, typer.Argument(help="What to show first; each line of the standard input replaces it.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The mp4, signed when the stream ends; '-' is the standard output.")
    ],
    seconds: Annotated[float | None, typer.Option(min=1, help="Length; else until it is interrupted.")] = None,
    size: Annotated[
        StreamAspect, typer.Option(help="Aspect ratio; the short side has 128 pixels.")
    ] = StreamAspect.square,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise.")] = 0,
    steps: Annotated[int | None, typer.Option(min=1, help="Of sampling a chunk; 12 if not given.")] = None,
    pace: Annotated[bool, typer.Option(help="Whether to wait for who watches, or to go as fast as it gets.")] = True,
) -> None:
    """Silent, marked video without a cut: a new prompt shows in the next chunk, 1.5 seconds of video each."""
    from serving.live import Prompt
    from serving.sampling.sampler import Overrides
    from serving.studio import Studio

    current, ended = Prompt(prompt), threading.Event()
    if sys.stdin is not None:
        threading.Thread(target=follow, args=(sys.stdin, current), daemon=True).start()
    filed = str(output) != "-"
    before = ends_by(_ENDS if filed else _ENDS[:1], ended)
    try:
        made = Studio(Home.from_env()).stream(
            current,
            output if filed else sys.stdout.buffer,
            seed=seed,
            aspect=size.value,
            told=Teller(_err, ended),
            seconds=seconds,
            ahead=_AHEAD if pace else None,
            overrides=None if steps is None else Overrides(steps=steps),
        )
    except BrokenPipeError:
        silence(sys.stdout.fileno())
        _err.print("nobody reads the stream any more: it has ended")
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if made is not None:
        print_made(made)


def ends_by(numbers: Sequence[int], ended: threading.Event) -> dict[int, Any]:
    """Let the first of some signals end the stream; the second does what it did before. Those ignored stay so.

    Returns:
        What each did before.
    """
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}

    def end(number: int, _frame: object) -> None:
        ended.set()
        signal.signal(number, before[number])

    for number in before:
        signal.signal(number, end)
    return before


def follow(lines: TextIO, prompt: "Prompt") -> None:
    """Each line that is not empty becomes the prompt; one that the content policy refuses is told and passed over."""
    for line in lines:
        if text := line.strip():
            try:
                prompt.change(text)
            except PromptRefused as error:
                _err.print(f"{error}; the stream goes on with the prompt before", markup=False)


def silence(descriptor: int) -> None:
    """Let what is still written to a closed pipe go nowhere, so that flushing it at the end is no error."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)


class Teller:
    """Tells of each chunk how much video there is, how fast it came, and its prompt; ends the stream when asked to."""

    def __init__(self, console: Console, ended: threading.Event) -> None:
        self._console = console
        self._ended = ended
        self._frames = 0

    def __call__(self, chunk: "Chunk") -> bool:
        """Whether to go on."""
        self._frames += len(chunk.frames)
        seconds = self._frames / chunk.fps
        try:
            self._console.print(f"{seconds:7.1f} s of video after {chunk.ready:.1f} s: {chunk.prompt}", markup=False)
        except OSError:  # the terminal is gone
            return False
        return not self._ended.is_set()
