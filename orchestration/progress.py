"""Progress of an in-process run: Dagster's events, as they happen, to one listener."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import dagster as dg

Listener = Callable[[dg.DagsterEvent | None, str], None]
"""Takes an event (None for a plain log line of an asset) and its message."""

LOGGER = "progress"
RUN_CONFIG: dict[str, Any] = {"loggers": {LOGGER: {}}}
"""Run configuration that silences Dagster's console log and feeds the listener instead."""

_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener | None) -> Iterator[None]:
    """Deliver events to ``listener`` within the block."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class _Handler(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        listener = _listener.get()
        if listener is None:
            return
        meta = getattr(record, "dagster_meta", None)
        event = meta.get("dagster_event") if isinstance(meta, dict) else getattr(meta, "dagster_event", None)
        message = meta.get("orig_message") if isinstance(meta, dict) else getattr(meta, "orig_message", None)
        listener(event, message or record.getMessage())


@dg.logger({}, description="Feeds the command line's progress display; says nothing by itself.")
def progress_logger(_context: dg.InitLoggerContext) -> logging.Logger:
    """A logger whose only handler is the current listener."""
    # Made anew for each run, outside logging's registry, so that handlers never pile up.
    logger = logging.Logger(LOGGER, level=logging.DEBUG)  # noqa: LOG001
    logger.addHandler(_Handler())
    return logger
