import json

import numpy as np
import pytest

from assets.curation.signals.events import CLASSES, THRESHOLDS, shares, thresholds
from assets.curation.signals.events_thresholds import best


def test_the_best_threshold_parts_the_scenes_and_leaves_out_those_nobody_asks_about():
    heard = np.array([0.1, 0.3, 0.7, 0.9, 0.99])
    true = np.array([0.0, 0.0, 1.0, 1.0, -1.0])
    assert 0.3 < best(heard, true) <= 0.7
    assert best(heard, true) == pytest.approx(0.5, abs=0.02)


def test_a_class_in_no_scene_has_no_threshold():
    with pytest.raises(ValueError, match="none of the scenes"):
        best(np.array([0.2, 0.4]), np.array([0.0, -1.0]))


def test_a_class_that_is_never_right_half_of_the_times_is_never_named():
    heard = np.array([0.3, 0.5, 0.7, 0.9])
    assert best(heard, np.array([1.0, 0.0, 0.0, 0.0])) == 1.0


def test_every_class_is_heard_from_its_own_threshold_on():
    assert list(json.loads(THRESHOLDS.read_text())) == list(CLASSES)
    told = [(at, name) for at, name in enumerate(CLASSES) if thresholds()[at] < 1]
    assert len(told) > len(CLASSES) / 2
    for at, name in told:
        heard = np.zeros((1, len(CLASSES)), np.float32)
        heard[0, at] = thresholds()[at] + 0.005
        assert shares(heard) == {name: 1.0}
        heard[0, at] -= 0.01
        assert shares(heard) == {}
