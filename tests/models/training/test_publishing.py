from threading import Event

import pytest

from models.training.publishing import Background


def test_work_runs_beside_the_caller_until_it_settles():
    background, go, done = Background(), Event(), Event()
    background.start(lambda: go.wait(10) and done.set())
    assert not done.is_set()
    go.set()
    background.settle()
    assert done.is_set()


def test_work_begins_when_that_before_it_is_done():
    background, seen = Background(), []
    for number in range(5):
        background.start(lambda number=number: seen.append(number))
    background.settle()
    assert seen == [0, 1, 2, 3, 4]


def test_what_went_wrong_is_raised_once_where_it_is_waited_for():
    def fail() -> None:
        raise OSError("no space left")

    background = Background()
    background.start(fail)
    with pytest.raises(OSError, match="no space"):
        background.settle()
    background.settle()
