from dataclasses import replace

import numpy as np
import pytest

from serving.campaign.take import TakeRequest, take
from serving.pipeline import Pipeline


@pytest.fixture
def request_():
    return TakeRequest("kids_1x1", "a red ball", 2.0, 4, "1:1", "480p", 7, None, ("cinemill", "1"))


def test_a_take_is_generated_once(tmp_path, request_, pipeline, graphs):
    first = take(tmp_path, request_, pipeline)
    calls = len(graphs["backbone"].batches)
    again = take(tmp_path, request_, pipeline)
    assert len(graphs["backbone"].batches) == calls
    np.testing.assert_array_equal(first.frames, again.frames)
    np.testing.assert_array_equal(first.audio, again.audio)
    assert first.frames.shape == (8, 96, 96, 3)


@pytest.mark.parametrize("change", [{"prompt": "a blue ball"}, {"seed": 8}, {"origin": ("cinemill", "2")}])
def test_another_prompt_seed_or_model_is_another_take(tmp_path, request_, pipeline, graphs, change):
    take(tmp_path, request_, pipeline)
    calls = len(graphs["backbone"].batches)
    take(tmp_path, replace(request_, **change), pipeline)
    assert len(graphs["backbone"].batches) > calls


def test_a_model_with_an_upsampler_gives_takes_of_the_delivery_s_size(tmp_path, request_, graphs, tokenizers, config):
    for folder in ("plain", "large"):
        (tmp_path / folder).mkdir()
    plain = take(tmp_path / "plain", request_, Pipeline(graphs, tokenizers, config)).frames

    def darker(*, state, time, condition):
        return np.full_like(state, -10 / 127.5)

    pipeline = Pipeline(graphs | {"upsampler": darker}, tokenizers, config)
    large = take(tmp_path / "large", request_, pipeline).frames
    assert large.shape == (8, 480, 480, 3)
    assert plain.min() >= 40
    assert large.mean() == pytest.approx(plain.mean() - 20, abs=1)  # doubled twice
