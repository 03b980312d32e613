import os
import time

import pytest

from assets.ingestion.isolation import Isolated, IsolatedFailure


def misbehave(how):
    if how == "crash":
        os.abort()
    if how == "hang":
        time.sleep(60)
    if how == "raise":
        raise LookupError("nothing there")
    if how == "eat":
        return len(bytearray(8 << 30))
    return how


def test_crashes_hangs_errors_and_greed_are_failures_of_one_call_and_the_next_call_works():
    with Isolated(misbehave, seconds=2.0) as isolated:
        with pytest.raises(IsolatedFailure, match="crashed"):
            isolated("crash")
        with pytest.raises(IsolatedFailure, match="longer than 2 s"):
            isolated("hang")
        with pytest.raises(IsolatedFailure, match="LookupError: nothing there"):
            isolated("raise")
        with pytest.raises(IsolatedFailure, match="MemoryError"):
            isolated("eat")
        with pytest.raises(IsolatedFailure, match=r"longer than 0\.5 s"):
            isolated("hang", 0.5)
        assert isolated("fine") == "fine"
