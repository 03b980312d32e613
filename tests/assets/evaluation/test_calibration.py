import numpy as np
import pytest

from assets.evaluation import calibration
from assets.evaluation.prompts import EVALUATION_PROMPTS
from assets.evaluation.serving_config import serving_config
from models.recipes import demo
from serving.sampling.sampler import Sampler


def test_prompts_are_none_that_a_model_is_judged_by():
    drawn = calibration.prompts(demo().world, 40)
    assert len(set(drawn)) > 30
    assert not set(drawn) & {prompt.text for prompt in EVALUATION_PROMPTS}


def test_it_is_measured_on_the_longest_video_of_the_largest_size(monkeypatch, tmp_path):
    asked = {}

    class Measured:
        """A pipeline that says what it was asked for."""

        config = serving_config(demo()).model_copy(update={"sampler": Sampler(steps=3)})

        def guided(self, prompts, seeds, **options):
            asked.update(options, seeds=list(seeds), prompts=list(prompts))
            return (lambda x, t: np.ones_like(x)), np.zeros((4, 2), np.float32)

    monkeypatch.setattr(calibration.Bundle, "load", lambda folder: folder)
    monkeypatch.setattr(calibration.Pipeline, "from_bundle", lambda bundle: Measured())
    table = calibration.calibration(tmp_path, demo().world)
    assert table.products[-1] == pytest.approx((1.0,) * 7)
    assert np.prod(asked["aspect"]) == max(np.prod(size) for size in Measured.config.sizes.values())
    assert asked["seconds"] == demo().frames_high / 16
    assert len(set(asked["prompts"])) == len(set(asked["seeds"])) == 4
