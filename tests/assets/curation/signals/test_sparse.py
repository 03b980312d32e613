import threading
import time

import numpy as np
import pytest

from assets.curation.analysis import watch
from assets.curation.signals.sparse import Watch
from tests.assets.curation.signals.pictures import film, ground


def looks(tmp_path, pictures, least=1.5, longest=4.0):
    watcher = Watch(least, longest, lambda seconds: seconds)
    for frame in watch(film(tmp_path, pictures)):
        watcher.see(frame, lambda frame=frame: frame.seconds)
    return watcher.looks()


def test_a_still_film_is_looked_at_every_so_often(tmp_path):
    found = looks(tmp_path, [ground(0)[:144, :256]] * 160).found
    assert [look.first for look in found] == pytest.approx([0.4, 4.4, 8.4], abs=0.3)


def test_each_shot_is_looked_at_once_and_what_was_seen_holds_until_its_end(tmp_path):
    found = looks(tmp_path, [picture for seed in range(3) for picture in [ground(seed)[:144, :256]] * 40])
    assert [look.first for look in found.found] == pytest.approx([0.4, 2.9, 5.4], abs=0.3)
    assert found.between(1.5, 2.4) == [found.found[0].first]


def test_what_always_changes_is_looked_at_at_most_every_so_often(tmp_path):
    pictures = [ground(seed)[:144, :256] for seed in range(14)]
    flicker = [pictures[number // 3 % 14] for number in range(140)]
    seconds = [look.first for look in looks(tmp_path, flicker).found]
    assert len(seconds) >= 3
    assert np.diff(seconds).min() >= 1.5 - 1e-6
    assert np.diff(seconds).max() <= 2.6


def test_pictures_are_judged_beside_the_film_one_at_a_time_and_in_order(tmp_path):
    at_work, most, threads = 0, 0, set()

    def judge(seconds):
        nonlocal at_work, most
        at_work += 1
        most = max(most, at_work)
        threads.add(threading.get_ident())
        time.sleep(0.05)
        at_work -= 1
        return seconds

    watcher = Watch(1.5, 4.0, judge)
    for frame in watch(film(tmp_path, [ground(0)[:144, :256]] * 160)):
        watcher.see(frame, lambda frame=frame: frame.seconds)
    found = watcher.looks().found
    assert [look.value for look in found] == [look.first for look in found]
    assert most == 1
    assert threads.isdisjoint({threading.get_ident()})


def test_what_goes_wrong_in_judging_is_not_lost(tmp_path):
    watcher = Watch(1.5, 4.0, lambda _: 1 / 0)
    for frame in watch(film(tmp_path, [ground(0)[:144, :256]] * 40)):
        watcher.see(frame, lambda: 0)
    with pytest.raises(ZeroDivisionError):
        watcher.looks()
