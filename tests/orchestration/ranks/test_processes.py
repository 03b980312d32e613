import os
import signal
import subprocess
from pathlib import Path

from orchestration.ranks.processes import Process, oom_kills


def test_a_process_is_alive_until_it_ends(tmp_path: Path):
    child = subprocess.Popen(["sleep", "60"])
    process = Process.of(child.pid)
    process.write(tmp_path / "pid.json")
    assert Process.read(tmp_path / "pid.json") == process
    assert process.alive()
    process.send(signal.SIGKILL)
    child.wait()
    assert not process.alive()


def test_another_program_with_the_same_pid_is_not_the_process():
    process = Process.of(os.getpid())
    assert process.alive()
    assert not Process(process.pid, process.started + 1).alive()


def test_a_zombie_is_not_alive():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not Process.of(pid).alive()
    os.waitpid(pid, 0)


def test_no_file_means_no_process(tmp_path: Path):
    assert Process.read(tmp_path / "pid.json") is None


def test_the_kernel_counts_whom_it_killed_for_memory():
    assert oom_kills() >= 0
