import json
import subprocess
import sys
from textwrap import dedent

import pytest

from serving.trial import Need, TrialFailed, peak_above, together, tried


def measured(work):
    """The need of a function's source in a fresh process, whose memory nothing before has left in pieces."""
    code = f"import numpy as np\nfrom serving.trial import needed, tell\n{dedent(work)}\ntell(needed(work))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return Need(**json.loads(done.stdout))


def test_the_peak_is_that_of_the_work_alone():
    need = measured("""
        def work(rest):
            for size in (8, 64, 16):
                np.ones(size << 20, np.uint8)
    """)
    assert need.peak == pytest.approx(64 << 20, rel=0.1)
    assert need.held == 0
    assert peak_above(lambda: None) < 4 << 20


def test_what_is_kept_is_what_is_there_at_rest():
    need = measured("""
        def work(rest):
            kept = np.ones(48 << 20, np.uint8)
            np.ones(32 << 20, np.uint8)
            rest()
            del kept
            rest()
    """)
    assert need.held == pytest.approx(48 << 20, rel=0.1)
    assert need.peak == pytest.approx(80 << 20, rel=0.1)


def test_parts_that_take_turns_need_what_all_hold_and_the_most_that_one_takes_beside_that():
    assert together([Need(10, 15), Need(20, 50), Need(5, 5)]) == 35 + 30
    assert together([Need(7, 3)]) == 7


def test_a_trial_that_fails_is_an_error_with_its_reason():
    with pytest.raises(TrialFailed, match=r"No module named serving\.nothing"):
        tried("serving.nothing", "1")
