import os
import signal
import subprocess
import sys

import pytest

from models.training.interruption import REQUEUE, Interruption


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_a_signal_is_remembered_and_does_nothing_else(number):
    before = {each: signal.getsignal(each) for each in (signal.SIGUSR1, signal.SIGTERM)}
    interruption = Interruption()
    try:
        interruption.watch()
        assert not interruption.asked
        os.kill(os.getpid(), number)
        assert interruption.asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_a_process_that_the_signal_ended_leaves_the_code_that_means_requeue():
    script = f"{sys.executable} -c 'import os, signal; os.kill(os.getpid(), signal.SIGUSR1)'"
    assert subprocess.run(["bash", "-c", f"{script}; exit $?"], check=False).returncode == REQUEUE
