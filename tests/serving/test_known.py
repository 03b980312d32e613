import hashlib

import numpy as np
import pytest
import torch

from models.backbone.known import Given, first_known, known_frames
from models.recipes import KNOWN_MASKS
from serving.errors import MediaError, RequestRefused
from serving.known import KNOWN, MASKS, Ends, ends_known, fitted, frames_known
from serving.sampling.sampler import Overrides
from serving.shots import Shot
from serving.studio import Studio

RED = np.full((64, 112, 3), (200, 20, 20), np.uint8)
BLUE = np.full((64, 112, 3), (20, 20, 200), np.uint8)


class KnownFlow:
    """Carries everything to what is known, and to a half where nothing is."""

    def __init__(self):
        self.known = []

    def __call__(self, *, latent, time, known, **text):
        self.known.append(known)
        has = np.abs(known[:, 16:]).max(axis=1, keepdims=True) > 0
        target = np.where(has, known[:, :16], np.float32(0.5))
        return ((target - latent) / (1 - time.reshape(-1, 1, 1, 1, 1))).astype(np.float32)


@pytest.fixture
def flow(graphs):
    graphs[KNOWN] = KnownFlow()
    return graphs[KNOWN]


def encoded(picture):
    """The toy model's latent of a picture."""
    return np.moveaxis(picture.reshape(8, 8, 14, 8, 3).mean(axis=(1, 3)) / 127.5 - 1, -1, 0)


def test_serving_makes_the_condition_that_training_makes():
    assert MASKS == KNOWN_MASKS
    latent = np.random.default_rng(0).standard_normal((1, 16, 3, 8, 14)).astype(np.float32)
    none = torch.zeros(1, dtype=torch.bool)
    tensor = torch.from_numpy(latent)
    expected = known_frames(tensor, tensor[:, :, 0], tensor[:, :, 0], Given(torch.tensor([2]), none, none))
    np.testing.assert_array_equal(frames_known(latent[0, :, :2], 3), expected[0])

    def encode(frames):
        assert frames.shape == (1, 64, 112, 3)
        return latent[:, :, :1] if frames[0, 0, 0, 0] == RED[0, 0, 0] else latent[:, :, 1:2]

    first, last = torch.from_numpy(latent[:, :, 0]), torch.from_numpy(latent[:, :, 1])
    np.testing.assert_array_equal(ends_known(Ends(RED), 24, (64, 112), encode), first_known(first, 3)[0])
    both = known_frames(tensor, first, last, Given(torch.tensor([0]), ~none, ~none))
    np.testing.assert_array_equal(ends_known(Ends(RED, BLUE), 24, (64, 112), encode), both[0])


def test_a_video_begins_and_ends_with_the_given_pictures(pipeline, flow):
    (latent,) = pipeline.latents(["a ball"], [3], seconds=1.5, ends=Ends(RED, BLUE))
    assert latent.shape == (16, 3, 8, 14)
    np.testing.assert_allclose(latent[:3, 0], encoded(RED), atol=1e-4)
    np.testing.assert_allclose(latent[:3, -1], encoded(BLUE), atol=1e-4)
    np.testing.assert_allclose(latent[:, 1], 0.5, atol=1e-4)
    assert all(len(known) == 2 for known in flow.known)  # with the text and without it
    assert all((known[0] == known[1]).all() for known in flow.known)


def test_a_video_of_many_windows_begins_and_ends_with_the_given_pictures(pipeline, flow, graphs):
    seconds = 3 * pipeline.config.max_seconds
    (latent,) = pipeline.latents(["a ball"], [3], seconds=seconds, ends=Ends(RED, BLUE))
    assert latent.shape[1] == 3 * pipeline.config.max_frames // 8
    np.testing.assert_allclose(latent[:3, 0], encoded(RED), atol=1e-4)
    np.testing.assert_allclose(latent[:3, -1], encoded(BLUE), atol=1e-4)
    first, last = flow.known[0][0], flow.known[1][0]
    assert first[-1, 0].all()
    assert not first[:, 1:].any()
    assert last[-1, -1].all()
    assert not last[:, :-1].any()
    assert graphs["backbone"].batches
    with pytest.raises(RequestRefused, match="a multiple of 8 frames"):
        pipeline.latents(["a ball"], [3], seconds=seconds + 1 / pipeline.config.fps, ends=Ends(RED, BLUE))


def test_a_short_plan_has_one_window_for_both_pictures(pipeline, flow):
    plan = pipeline.plan([Shot(seconds=2, prompt="a ball")])
    latent = pipeline.long_latent([Shot(seconds=2, prompt="a ball")], plan, ends=Ends(RED, BLUE))
    np.testing.assert_allclose(latent[:3, 0], encoded(RED), atol=1e-4)
    np.testing.assert_allclose(latent[:3, -1], encoded(BLUE), atol=1e-4)


@pytest.mark.parametrize("overrides", [Overrides(student=2), Overrides(cache=0.1)])
def test_windows_that_go_on_are_sampled_whole(pipeline, overrides):
    shots = [Shot(seconds=8, prompt="a ball")]
    with pytest.raises(RequestRefused, match="does not combine with windows that go on from the last"):
        pipeline.long_latent(shots, pipeline.plan(shots, joined="continued"), overrides=overrides)


def test_what_was_before_is_told_to_a_model_that_takes_it(pipeline, flow, graphs):
    before = np.random.default_rng(1).standard_normal((16, 1, 8, 14)).astype(np.float32)
    latent = pipeline.next_latent("a ball", before, (16, 3, 8, 14))
    np.testing.assert_allclose(latent[:, :1], before, atol=1e-5)
    np.testing.assert_array_equal(flow.known[0][0], frames_known(before, 3))
    assert not graphs["backbone"].batches
    seen = len(flow.known)
    pipeline.next_latent("a ball", None, (16, 3, 8, 14))
    assert len(flow.known) == seen
    assert graphs["backbone"].batches


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seconds": 0.5}, "more than 8 frames"),
        ({"seconds": 1.7, "ends": Ends(RED, BLUE)}, "a multiple of 8 frames, not 27"),
        ({"aspect": "9:16"}, "more than half of it"),
        ({"reference": RED}, "do not combine with a reference"),
        ({"overrides": Overrides(student=2)}, "student does not combine with pictures at the ends"),
        ({"overrides": Overrides(cache=0.1)}, "cache does not combine with pictures at the ends"),
    ],
)
def test_what_does_not_fit_a_picture_is_refused(pipeline, flow, changes, message):
    with pytest.raises(RequestRefused, match=message):
        pipeline.latents(["a ball"], [0], **{"seconds": 1.0, "ends": Ends(RED)} | changes)


def test_a_model_that_never_learned_it_refuses_pictures(pipeline):
    with pytest.raises(RequestRefused, match="was not trained to begin or end with pictures"):
        pipeline.latents(["a ball"], [0], seconds=1.0, ends=Ends(RED))


@pytest.mark.parametrize(
    ("picture", "message"),
    [(RED[:31], "112x31 pixels is too small"), (RED / 255, "uint8"), (RED[..., 0], r"not uint8 \[64, 112\]")],
)
def test_what_is_no_picture_is_refused(picture, message):
    with pytest.raises(RequestRefused, match=message):
        Ends(picture)


def test_ends_without_a_picture_are_refused():
    with pytest.raises(RequestRefused, match="give the picture"):
        Ends()
    assert Ends.read(None, None) is None


def test_a_picture_fills_the_video_and_is_cropped_evenly():
    picture = np.zeros((64, 160, 3), np.uint8)
    picture[:, 24:136] = 255
    assert (fitted(picture, (64, 112)) == 255).all()


def test_the_record_of_a_clip_names_its_pictures(pipeline, flow, tmp_path, monkeypatch):
    from PIL import Image

    Image.fromarray(RED).save(tmp_path / "red.png")
    studio = Studio.__new__(Studio)
    studio.__dict__["_pipeline"] = pipeline
    finished = []

    class Finisher:
        def require_ready(self): ...
        def finish(self, output, film, *_, **__):
            finished.append(film)

    studio.__dict__["_finisher"] = Finisher()
    studio.generate(
        ["a ball"], [tmp_path / "o.mp4"], [0], seconds=1.0, aspect="16:9", audio=False, image=tmp_path / "red.png"
    )
    digest = hashlib.sha256(RED.tobytes()).hexdigest()[:16]
    assert finished[0].sampling.endswith(f"begins with picture {digest}")
    with pytest.raises(MediaError, match="cannot be read as a picture"):
        studio.generate(["a ball"], [tmp_path / "o.mp4"], [0], seconds=1.0, aspect="16:9", image=tmp_path / "none.png")
