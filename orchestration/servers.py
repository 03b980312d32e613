"""Servers for development: Dagster's web page and daemon and MLflow, as children of one process, on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from orchestration.instance import instance, prepare
from orchestration.run import bury_dead_runs
from orchestration.tracking import MlflowTracker
from serving.home import REPOSITORY, Home

DAGSTER_PORT, MLFLOW_PORT = 3000, 5000
_HOST = "127.0.0.1"
_GRACE_SECONDS = 10.0


class ServerEnded(RuntimeError):
    """A server ended by itself; the others were stopped."""


def addresses() -> dict[str, str]:
    """Where people look."""
    return {"Dagster": f"http://{_HOST}:{DAGSTER_PORT}", "MLflow": f"http://{_HOST}:{MLFLOW_PORT}"}


def commands(home: Home) -> dict[str, list[str]]:
    """The command line of each server."""
    folder = Path(sys.executable).parent
    return {
        "dagster-webserver": [
            *(str(folder / "dagster-webserver"), "-m", "orchestration.definitions"),
            *("-h", _HOST, "-p", str(DAGSTER_PORT)),
        ],
        "dagster-daemon": [str(folder / "dagster-daemon"), "run", "-m", "orchestration.definitions"],
        "mlflow": [
            *(str(folder / "mlflow"), "server", "--host", _HOST, "--port", str(MLFLOW_PORT), "--workers", "1"),
            *("--backend-store-uri", MlflowTracker(home).uri),
            *("--default-artifact-root", (home.mlflow / "artifacts").as_uri()),
        ],
    }


def serve(home: Home) -> None:
    """Run all servers until Ctrl-C or SIGTERM; then stop them all.

    Raises:
        ServerEnded: one of them ended by itself.
    """
    prepare(home)
    if _free(DAGSTER_PORT):  # no other page and daemon are at work
        with instance(home) as dagster_instance:
            bury_dead_runs(dagster_instance, nameless=True)  # those of a daemon that was killed hold its places
    _ = MlflowTracker(home).client  # makes the database, before two processes try to
    environment = os.environ | {
        "PYTHONPATH": str(REPOSITORY),
        "CINEMILL_HOME": str(home.root),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    children: dict[str, subprocess.Popen[bytes]] = {}
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        for name, command in commands(home).items():
            children[name] = _start(command, environment)
        _wait(children)
    except KeyboardInterrupt:
        pass
    finally:
        _stop(list(children.values()))
        signal.signal(signal.SIGTERM, previous)


def _free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, port))
        except OSError:
            return False
    return True


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _start(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: its workers are stopped with it, and Ctrl-C reaches it only through us.
    return subprocess.Popen(command, cwd=REPOSITORY, env=dict(environment), start_new_session=True)


def _wait(children: Mapping[str, subprocess.Popen[bytes]]) -> None:
    while True:
        for name, child in children.items():
            code = child.poll()
            if code is not None:
                raise ServerEnded(f"{name} ended with exit code {code}; is its port taken? (cinemill doctor)")
        time.sleep(0.5)


def _stop(children: Sequence[subprocess.Popen[bytes]]) -> None:
    for child in children:
        _signal(child, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    for child in children:
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(child, signal.SIGKILL)
            child.wait()


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(child.pid, number)
    except ProcessLookupError:
        return  # it and its workers are gone already
