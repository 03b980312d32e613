import os
import signal
import subprocess
import sys

import pytest

from models.training.interruption import REQUEUE, SIGNALS, Interruption
from serving.home import REPOSITORY


@pytest.mark.parametrize("number", SIGNALS)
def test_once_there_is_something_to_save_a_signal_is_remembered_and_does_nothing_else(number):
    before = {each: signal.getsignal(each) for each in SIGNALS}
    interruption = Interruption()
    try:
        interruption.watch()
        interruption.wait_for_a_step()
        assert not interruption.asked
        os.kill(os.getpid(), number)
        assert interruption.asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


LISTENING = "from models.training.interruption import Interruption; Interruption().watch(); "


@pytest.mark.parametrize("before", ["", LISTENING])
def test_earlier_it_ends_the_process_with_the_code_that_means_requeue_heard_or_not(before):
    script = f"{sys.executable} -c '{before}import os, signal; os.kill(os.getpid(), signal.SIGUSR1)'"
    assert subprocess.run(["bash", "-c", f"{script}; exit $?"], check=False, cwd=REPOSITORY).returncode == REQUEUE
