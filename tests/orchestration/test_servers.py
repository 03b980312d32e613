import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from orchestration import servers
from orchestration.servers import ServerEnded, commands, serve
from serving.home import Home


def test_every_server_that_listens_is_bound_to_loopback(tmp_path):
    found = commands(Home(tmp_path))
    page, mlflow = found["dagster-webserver"], found["mlflow"]
    assert page[page.index("-h") + 1] == "127.0.0.1"
    assert mlflow[mlflow.index("--host") + 1] == "127.0.0.1"
    assert all(Path(command[0]).is_file() for command in found.values())


def test_when_one_server_ends_the_others_are_stopped(tmp_path, monkeypatch):
    stays = tmp_path / "pid"
    sleeper = f"import os, time; open({str(stays)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    ends = f"import os, time\nwhile not os.path.exists({str(stays)!r}): time.sleep(0.05)\ntime.sleep(0.3); exit(3)"
    fakes = {"one": [sys.executable, "-c", sleeper], "two": [sys.executable, "-c", ends]}
    monkeypatch.setattr(servers, "commands", lambda _home: fakes)
    with pytest.raises(ServerEnded, match="two ended with exit code 3"):
        serve(Home(tmp_path / "home"))
    with pytest.raises(ProcessLookupError):
        os.kill(int(stays.read_text()), 0)


def test_termination_stops_servers_and_their_workers(tmp_path):
    """A server that starts a worker of its own; the parent is told to stop."""
    worker = tmp_path / "worker"
    server = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(worker)!r}, 'w').write(str(child.pid) + ' ')\n"
        "time.sleep(60)"
    )
    code = (
        "import sys; from pathlib import Path; from orchestration import servers; from serving.home import Home\n"
        f"servers.commands = lambda home: {{'one': [sys.executable, '-c', {server!r}]}}\n"
        f"servers.serve(Home(Path({str(tmp_path / 'home')!r})))"
    )
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(Path.cwd())}) as parent:
        while not worker.exists() or not worker.read_text().endswith(" "):
            time.sleep(0.05)
        parent.send_signal(signal.SIGTERM)
        assert parent.wait(30) == 0
    time.sleep(0.2)
    assert not _alive(int(worker.read_text()))


def _alive(pid):
    """Whether a process runs: a zombie that nobody has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
