"""Isolation: a function that runs in a child process with limits, because decoders crash and hang on hostile files."""

import multiprocessing
import resource
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

_MEMORY = 4 << 30
_START_SECONDS = 60.0  # a busy machine takes long to start an interpreter

Argument = TypeVar("Argument")
Result = TypeVar("Result")


class IsolatedFailure(RuntimeError):
    """The function failed on one argument: it raised, crashed or ran out of time; the message says which."""


class Isolated(Generic[Argument, Result]):
    """Calls a function in a child process that serves many calls, and is replaced after a crash.

    Args:
        function: A module-level function of one argument. Argument and result are plain data.
        seconds: The longest time for one call that has no time of its own.
        memory: The most address space of the child, in bytes.
    """

    def __init__(self, function: Callable[[Argument], Result], *, seconds: float, memory: int = _MEMORY) -> None:
        self._function = function
        self._seconds = seconds
        self._memory = memory
        self._process: Any = None
        self._pipe: Connection | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def __call__(self, argument: Argument, seconds: float | None = None) -> Result:
        """The function's result, within ``seconds`` where they are given. Raises IsolatedFailure."""
        longest = self._seconds if seconds is None else seconds
        pipe = self._pipe or self._start()
        try:
            pipe.send(argument)
            if not pipe.poll(longest):
                self._stop()
                raise IsolatedFailure(f"took longer than {longest:g} s")
            succeeded, outcome = pipe.recv()
        except (EOFError, ConnectionError) as error:
            code = self._stop()
            raise IsolatedFailure(f"the decoder crashed (exit code {code})") from error
        if not succeeded:
            raise IsolatedFailure(outcome)
        return outcome

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._function, self._memory), daemon=True)
        self._process.start()
        theirs.close()
        if not self._pipe.poll(_START_SECONDS) or self._pipe.recv() != "ready":
            self._stop()
            raise IsolatedFailure("the child process did not start")
        return self._pipe

    def _stop(self) -> int | None:
        if self._process is None:
            return None
        self._process.kill()
        self._process.join()
        code = self._process.exitcode
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None
        return int(code)


def _serve(pipe: Connection, function: Callable[[Any], Any], memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pipe.send("ready")
    while True:
        try:
            argument = pipe.recv()
        except EOFError:
            return
        try:
            outcome = (True, function(argument))
        except Exception as error:  # noqa: BLE001 - it is raised again in the parent, as text: not all errors pickle
            outcome = (False, f"{type(error).__name__}: {error}")
        pipe.send(outcome)
