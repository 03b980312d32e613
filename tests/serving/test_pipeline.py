import subprocess
import sys

import numpy as np
import pytest

from serving.clip import from_pixels, to_pixels
from serving.errors import CalibrationMissing, GraphMissing, RequestRefused, SamplingFailed
from serving.pipeline import Pipeline
from serving.sampling.caching import calibrated
from serving.sampling.sampler import Overrides
from serving.shots import Shot
from tests.serving.conftest import meaning

RED = "a red ball moves right"


def test_importing_it_does_not_import_torch():
    code = "import sys, serving.pipeline, serving.bundle; sys.exit('torch' in sys.modules or 'models' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_sample_is_what_the_guided_flow_leads_to(pipeline, value_of):
    clip = pipeline.generate(RED, seconds=1.0, aspect="1:1", seed=3, overrides=Overrides(guidance=2.5))
    null = value_of()
    expected = null + 2.5 * (value_of(RED) - null)
    np.testing.assert_allclose(clip.latent, expected, rtol=1e-4)
    np.testing.assert_array_equal(
        np.unique(clip.frames), np.unique(to_pixels(np.full((3, 1, 1, 1), np.tanh(expected))))
    )


@pytest.mark.parametrize(("seconds", "frames"), [(4.0, 64), (0.5, 8), (1.3, 21), (0.0625, 1)])
def test_frames_and_samples_are_exactly_as_many_as_asked_for(pipeline, seconds, frames):
    clip = pipeline.generate(RED, seconds=seconds, aspect="16:9")
    assert clip.frames.shape == (frames, 64, 112, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.audio.shape == (frames * 3000,)
    assert clip.audio.dtype == np.float32


@pytest.mark.parametrize(("seconds", "frames"), [(4.1, 66), (9.9, 158), (16.0, 256)])
def test_what_is_longer_than_the_model_samples_at_once_is_made_in_windows(
    graphs, tokenizers, config, value_of, seconds, frames
):
    pictures, sounds = [], []

    def seen(name, lengths, axis):
        flow = graphs[name]
        return lambda *, latent, **more: (lengths.append(latent.shape[axis]), flow(latent=latent, **more))[1]

    windowed = {"backbone": seen("backbone", pictures, 2), "audio_backbone": seen("audio_backbone", sounds, 1)}
    clip = Pipeline(graphs | windowed, tokenizers, config).generate(RED, seconds=seconds, aspect="16:9", seed=2)
    assert clip.frames.shape == (frames, 64, 112, 3)
    assert clip.audio.shape == (frames * 3000,)
    null = value_of()
    np.testing.assert_allclose(clip.latent, null + 2 * (value_of(RED) - null), rtol=1e-4)
    assert max(pictures) == 8  # latent frames of four seconds
    assert max(sounds) <= 101  # of sound


def test_a_long_clip_has_its_reference_in_every_window(pipeline, graphs, value_of):
    picture = np.full((40, 50, 3), 204, np.uint8)
    asked = {"seconds": 6.0, "seed": 1, "overrides": Overrides(guidance=1.0), "audio": False}
    long = pipeline.generate(RED, reference=picture, **asked)
    short = pipeline.generate(RED, reference=picture, **(asked | {"seconds": 1.0}))
    assert graphs["personalized_backbone"].batches
    assert not graphs["backbone"].batches
    np.testing.assert_allclose(long.latent, short.latent.mean(), rtol=1e-4)


def test_the_frame_rate_is_in_the_text_and_in_the_length(graphs, tokenizers, config, text_states):
    pipeline = Pipeline(graphs, tokenizers, config.model_copy(update={"rates": (16, 24)}))
    assert pipeline.at(None) is pipeline.at(16) is pipeline
    clip = pipeline.at(24).generate(RED, seconds=2.0, overrides=Overrides(guidance=1.0))
    assert (clip.fps, len(clip.frames), len(clip.audio)) == (24, 48, 96_000)
    told = text_states(fps=24).conditions([RED])[0]
    np.testing.assert_allclose(clip.latent, meaning(told)[0], rtol=1e-4)
    usual = pipeline.generate(RED, seconds=2.0, overrides=Overrides(guidance=1.0))
    assert usual.latent.mean() != pytest.approx(clip.latent.mean(), rel=1e-3)
    assert pipeline.at(24).config.max_seconds == pytest.approx(64 / 24)
    with pytest.raises(RequestRefused, match=r"30 frames a second .* it has 16, 24"):
        pipeline.at(30)


def test_guidance_evaluates_condition_and_null_in_one_call_and_in_the_models_number_of_steps(pipeline, graphs):
    pipeline.generate_batch([RED, "a blue square"], [1, 2], seconds=0.5, aspect="1:1", audio=False)
    assert graphs["backbone"].batches == [4] * 4


def test_steps_and_guidance_can_be_set_for_one_call(pipeline, graphs):
    pipeline.generate(RED, seconds=0.5, overrides=Overrides(steps=7, guidance=1.0), audio=False)
    assert graphs["backbone"].batches == [1] * 7


def test_a_seed_gives_the_same_clip_whatever_the_batch(graphs, shift_flow, tokenizers, config):
    pipeline = Pipeline({**graphs, "backbone": shift_flow}, tokenizers, config)
    prompts = [f"{RED} number {index}" for index in range(11)]  # more than one call takes
    together = pipeline.generate_batch(prompts, list(range(11)), seconds=0.5, aspect="1:1", audio=False)
    for index in (0, 5, 10):
        alone = pipeline.generate(prompts[index], seconds=0.5, aspect="1:1", seed=index, audio=False)
        np.testing.assert_allclose(alone.latent, together[index].latent, atol=1e-5)
        assert together[index].prompt == prompts[index]
    assert not np.allclose(
        together[0].latent - together[0].latent.mean(), together[1].latent - together[1].latent.mean()
    )


def test_noise_is_standard_normal(graphs, shift_flow, tokenizers, config, value_of):
    pipeline = Pipeline({**graphs, "backbone": shift_flow}, tokenizers, config)
    latent = pipeline.generate(
        RED, seconds=4.0, seed=5, overrides=Overrides(guidance=1.0), audio=False
    ).latent - value_of(RED)
    assert abs(latent.mean()) < 0.03
    assert latent.std() == pytest.approx(1.0, abs=0.03)


def test_a_reference_reaches_the_personalized_model(pipeline, graphs, value_of):
    reference = np.full((30, 50, 3), 204, np.uint8)
    clip = pipeline.generate(RED, seconds=0.5, overrides=Overrides(guidance=1.0), reference=reference, audio=False)
    np.testing.assert_allclose(clip.latent, value_of(RED) + 0.6, rtol=1e-3)
    assert not graphs["backbone"].batches


def test_an_edit_starts_from_the_source_video(pipeline, value_of):
    frames = np.random.default_rng(0).integers(0, 256, size=(13, 64, 112, 3), dtype=np.uint8)
    clip = pipeline.edit(frames, "make it blue", seed=1, overrides=Overrides(guidance=3.0))
    padded = np.concatenate([frames, frames[-1:].repeat(3, axis=0)])
    source = from_pixels(padded).mean() * 3 / 16  # the toy encoder fills 3 of 16 channels
    null = value_of()
    np.testing.assert_allclose(clip.latent, source + null + 3.0 * (value_of("make it blue") - null), rtol=1e-3)
    assert clip.frames.shape == frames.shape
    assert clip.audio is None
    apart = pipeline.edit(frames, "make it blue", seed=1, source_guidance=2.0, overrides=Overrides(guidance=3.0))
    np.testing.assert_allclose(apart.latent - clip.latent, source, rtol=1e-2)


def test_sound_follows_text_and_video(pipeline, value_of, config):
    latent = np.full((16, 4, 8, 14), 0.25, np.float32)
    audio = pipeline.sounding.of_clip(latent, RED, 1.5, seed=2, overrides=Overrides(guidance=1.0))
    assert audio.shape == (72_000,)
    assert np.sign(audio.mean()) == np.sign(value_of(RED) + 0.25)


def test_sound_is_reproducible_and_differs_between_seeds(graphs, shift_flow, tokenizers, config):
    pipeline = Pipeline({**graphs, "audio_backbone": shift_flow}, tokenizers, config)
    latent = np.zeros((16, 2, 8, 14), np.float32)
    first, again, other = (pipeline.sounding.of_clip(latent, RED, 1.0, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_caching_computes_fewer_steps_and_gives_nearly_the_same_video(graphs, tokenizers, config, shift_flow):
    graphs = {**graphs, "backbone": shift_flow}
    with pytest.raises(CalibrationMissing, match="export and promote it again"):
        Pipeline(graphs, tokenizers, config).generate(RED, seconds=0.5, overrides=Overrides(cache=0.05))
    guided = Pipeline(graphs, tokenizers, config).guided([RED, "a blue square"], [1, 2], seconds=0.5)
    table = calibrated(*guided, config.sampler)
    pipeline = Pipeline(graphs, tokenizers, config.model_copy(update={"calibration": table}))
    whole = pipeline.latents([RED], [3], seconds=0.5)[0]
    shift_flow.batches.clear()
    cached = pipeline.latents([RED], [3], seconds=0.5, overrides=Overrides(cache=0.05))[0]
    assert shift_flow.batches == [2]  # the flow never changes
    np.testing.assert_allclose(cached, whole, atol=1e-5)
    assert pipeline.sampling(Overrides(cache=0.05)).endswith("guidance 2, 3 steps reused within 0.05")
    shots = [Shot(seconds=6, prompt=RED)]
    shift_flow.batches.clear()
    long = pipeline.long_latent(shots, pipeline.plan(shots), overrides=Overrides(cache=0.05))
    assert long.shape[1] == 12
    assert len(shift_flow.batches) == len(pipeline.plan(shots).windows)


class JumpFlow:
    """A student that adds its target to the noise, and half of each step's span to that."""

    def __init__(self, flow):
        self.flow = flow
        self.asked = []

    def __call__(self, *, latent, time, span, **conditions):
        self.asked.append((len(latent), float(time[0]), float(span[0])))
        return self.flow(latent=latent, time=time, **conditions) + span.reshape(-1, 1, 1, 1, 1) / 2


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_a_student_is_evaluated_once_a_step_and_told_how_far_that_goes(
    graphs, tokenizers, config, shift_flow, steps, value_of
):
    student = JumpFlow(shift_flow)
    pipeline = Pipeline({**graphs, "student": student}, tokenizers, config)
    overrides = Overrides(student=steps)
    latents = pipeline.latents([RED, RED], [3, 4], seconds=0.5, overrides=overrides)
    assert student.asked == [(2, step / steps, 1 / steps) for step in range(steps)]
    assert not graphs["backbone"].batches
    noise = pipeline.latents([RED], [3], seconds=0.5, overrides=Overrides(student=steps))[0] - value_of(RED)
    np.testing.assert_allclose(latents[0], noise + value_of(RED), atol=1e-4)
    assert float(noise.mean()) == pytest.approx(0.5 / steps, abs=0.1)
    assert pipeline.sampling(overrides) == f"student, {steps} steps"


def test_a_student_is_refused_where_it_was_not_taught_and_missed_where_there_is_none(pipeline):
    student = Overrides(student=4)
    picture = np.zeros((8, 64, 112, 3), np.uint8)
    with pytest.raises(GraphMissing, match="no graph 'student'"):
        pipeline.generate(RED, seconds=0.5, overrides=student)
    with pytest.raises(RequestRefused, match="student does not combine with a reference"):
        pipeline.generate(RED, seconds=0.5, overrides=student, reference=picture[0])
    with pytest.raises(RequestRefused, match="student does not combine with editing"):
        pipeline.edit(picture, "make it blue", overrides=student)
    with pytest.raises(RequestRefused, match="student does not combine with sound"):
        pipeline.sounding.of_clip(np.zeros((16, 2, 8, 14), np.float32), RED, 1.0, overrides=student)


def test_caching_is_refused_where_nothing_is_calibrated(pipeline):
    cache = Overrides(cache=0.05)
    picture = np.zeros((8, 64, 112, 3), np.uint8)
    with pytest.raises(RequestRefused, match="cache does not combine with a reference"):
        pipeline.generate(RED, seconds=0.5, overrides=cache, reference=picture[0])
    with pytest.raises(RequestRefused, match="cache does not combine with editing"):
        pipeline.edit(picture, "make it blue", overrides=cache)
    with pytest.raises(RequestRefused, match=r"cache does not combine with .*midpoint"):
        pipeline.sounding.of_clip(np.zeros((16, 2, 8, 14), np.float32), RED, 1.0, overrides=cache)
    with pytest.raises(RequestRefused, match="cache does not combine with sound"):
        pipeline.sounding.of_clip(
            np.zeros((16, 2, 8, 14), np.float32), RED, 1.0, overrides=Overrides(cache=0.05, solver="euler")
        )


@pytest.mark.parametrize(
    ("missing", "call"),
    [
        ("backbone", lambda p: p.generate(RED, seconds=0.5)),
        ("autoencoder_decode", lambda p: p.generate(RED, seconds=0.5)),
        ("audio_backbone", lambda p: p.generate(RED, seconds=0.5)),
        ("reference_encoder", lambda p: p.generate(RED, seconds=0.5, reference=np.zeros((8, 8, 3), np.uint8))),
        ("editing_backbone", lambda p: p.edit(np.zeros((8, 64, 112, 3), np.uint8), "x")),
    ],
)
def test_a_missing_graph_is_named(graphs, tokenizers, config, missing, call):
    del graphs[missing]
    with pytest.raises(GraphMissing, match=f"no graph '{missing}'"):
        call(Pipeline(graphs, tokenizers, config))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"seconds": 601}, "601 s"),
        ({"aspect": "3:1"}, "3:1"),
        ({"prompt": "  "}, "empty"),
        ({"seed": -1}, "not negative"),
        ({"reference": np.zeros((4, 4, 3))}, "uint8"),
    ],
)
def test_what_the_model_does_not_cover_is_refused(pipeline, changes, message):
    with pytest.raises(RequestRefused, match=message):
        pipeline.generate(**{"prompt": RED, "seconds": 1.0, **changes})


def test_values_that_are_not_finite_are_never_decoded(graphs, tokenizers, config):
    graphs["backbone"] = lambda *, latent, **_: np.full_like(latent, np.nan)
    with pytest.raises(SamplingFailed, match="video"):
        Pipeline(graphs, tokenizers, config).generate(RED, seconds=0.5)


def test_progress_names_the_stage_and_counts_its_steps(pipeline):
    seen = []
    pipeline.generate(RED, seconds=0.5, progress=lambda *step: seen.append(step))
    assert seen == [("video", i, 4) for i in range(1, 5)] + [("sound", i, 3) for i in range(1, 4)]


def long_latent(pipeline, *shots, **options):
    return pipeline.long_latent(shots, pipeline.plan(shots, **options), aspect="1:1", overrides=Overrides(guidance=1.0))


def test_each_shot_of_a_long_video_becomes_what_its_prompt_says(pipeline, value_of):
    first, second = Shot(seconds=6, prompt=RED), Shot(seconds=5, prompt="a blue square")
    red, blue = (value_of(shot.prompt) for shot in (first, second))
    faded = long_latent(pipeline, first, second)[0, :, 0, 0]
    assert faded.shape == (22,)
    np.testing.assert_allclose(faded[:10], red, rtol=1e-3)
    np.testing.assert_allclose(faded[14:], blue, rtol=1e-3)
    assert (np.diff(faded[9:15]) * np.sign(blue - red) > 0).all()
    cut = long_latent(pipeline, first, Shot(seconds=5, prompt="a blue square", cut=True))[0, :, 0, 0]
    np.testing.assert_allclose(cut[:12], red, rtol=1e-3)
    np.testing.assert_allclose(cut[12:], blue, rtol=1e-3)


@pytest.mark.parametrize("joined", ["blended", "continued"])
def test_a_long_video_of_one_window_is_an_ordinary_one(graphs, shift_flow, tokenizers, config, joined):
    pipeline = Pipeline({**graphs, "backbone": shift_flow}, tokenizers, config)
    plain = pipeline.generate(RED, seconds=4.0, aspect="1:1", overrides=Overrides(guidance=1.0), audio=False)
    np.testing.assert_array_equal(long_latent(pipeline, Shot(seconds=4, prompt=RED), joined=joined), plain.latent)


def test_no_call_of_the_backbone_is_longer_than_its_window(graphs, tokenizers, config):
    lengths = []
    flow = graphs["backbone"]
    graphs["backbone"] = lambda **inputs: (lengths.append(inputs["latent"].shape[2]), flow(**inputs))[1]
    long_latent(Pipeline(graphs, tokenizers, config), Shot(seconds=10, prompt=RED), window=6, overlap=2)
    assert set(lengths) == {6}
    with pytest.raises(RequestRefused, match="window of 9"):
        Pipeline(graphs, tokenizers, config).plan([Shot(seconds=10, prompt=RED)], window=9)
