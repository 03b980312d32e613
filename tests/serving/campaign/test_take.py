import weakref
from dataclasses import replace

import numpy as np
import pytest

from serving.campaign.take import TakeRequest
from serving.campaign.take import take as take_cut
from serving.decoding.tiles import Tiles
from serving.errors import MediaError
from serving.memory import Cut
from serving.pipeline import Pipeline


@pytest.fixture
def request_():
    return TakeRequest("kids_1x1", "a red ball", 2.0, 4, "1:1", "480p", 7, None, ("cinemill", "1"))


def take(folder, request, pipeline):
    return take_cut(folder, request, pipeline, Cut(Tiles(), pipeline.enlarger))


def shown(taken):
    frames = np.stack(list(taken.frames()))
    assert len(frames) == taken.count
    return frames


def test_a_take_is_generated_once(tmp_path, request_, pipeline, graphs):
    first = take(tmp_path, request_, pipeline)
    calls = len(graphs["backbone"].batches)
    again = take(tmp_path, request_, pipeline)
    assert len(graphs["backbone"].batches) == calls
    np.testing.assert_array_equal(shown(first), shown(again))
    np.testing.assert_array_equal(first.audio, again.audio)
    assert shown(first).shape == (8, 96, 96, 3)


def test_a_take_is_as_the_pipeline_generates_it_bit_for_bit(tmp_path, request_, pipeline):
    taken = take(tmp_path, request_, pipeline)
    clip = pipeline.generate("a red ball", seconds=2.0, aspect="1:1", seed=7)
    np.testing.assert_array_equal(shown(taken), clip.frames)
    np.testing.assert_array_equal(taken.audio, clip.audio)


@pytest.mark.parametrize("lost", ["mkv", "npy"])
def test_a_take_that_is_not_whole_is_generated_again(tmp_path, request_, pipeline, graphs, lost):
    (file,) = (take(tmp_path, request_, pipeline).file.parent).glob(f"*.{lost}")
    file.unlink()
    calls = len(graphs["backbone"].batches)
    assert shown(take(tmp_path, request_, pipeline)).shape == (8, 96, 96, 3)
    assert len(graphs["backbone"].batches) > calls


def test_a_damaged_take_is_told_and_removed(tmp_path, request_, pipeline):
    taken = take(tmp_path, request_, pipeline)
    taken.file.write_bytes(b"nothing")
    with pytest.raises(MediaError, match=r"cannot be read .*it is removed: run the campaign again"):
        shown(taken)
    assert shown(take(tmp_path, request_, pipeline)).shape == (8, 96, 96, 3)


def test_frames_are_written_as_they_are_decoded(tmp_path, request_, pipeline, monkeypatch):
    alive, most = [], []

    def pieces(latent, frames, tiles):
        for _ in range(frames):
            piece = np.zeros((1, 96, 96, 3), np.uint8)
            alive.append(weakref.ref(piece))
            yield piece
            del piece
            most.append(sum(one() is not None for one in alive))

    monkeypatch.setattr(pipeline, "frames_of", pieces)
    take(tmp_path, request_, pipeline)
    assert len(most) == 8
    assert max(most) <= 2


@pytest.mark.parametrize("change", [{"prompt": "a blue ball"}, {"seed": 8}, {"origin": ("cinemill", "2")}])
def test_another_prompt_seed_or_model_is_another_take(tmp_path, request_, pipeline, graphs, change):
    take(tmp_path, request_, pipeline)
    calls = len(graphs["backbone"].batches)
    take(tmp_path, replace(request_, **change), pipeline)
    assert len(graphs["backbone"].batches) > calls


def test_a_model_with_an_upsampler_gives_takes_of_the_delivery_s_size(tmp_path, request_, graphs, tokenizers, config):
    for folder in ("plain", "large"):
        (tmp_path / folder).mkdir()
    plain = take(tmp_path / "plain", request_, Pipeline(graphs, tokenizers, config))

    def darker(*, state, time, condition):
        return np.full_like(state, -10 / 127.5)

    pipeline = Pipeline(graphs | {"upsampler": darker}, tokenizers, config)
    large = shown(take(tmp_path / "large", request_, pipeline))
    plain = shown(plain)
    assert large.shape == (8, 480, 480, 3)
    assert plain.min() >= 40
    assert large.mean() == pytest.approx(plain.mean() - 20, abs=1)  # doubled twice
