from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.generate_cli import ScheduleName, WrongOptions, outputs_of, seeds_of
from serving.bundle import write_bundle
from serving.config import ServingConfig
from serving.sampling.sampler import Sampler


@pytest.fixture
def run(tmp_path, monkeypatch):
    """The command in a home with a champion, none of whose graphs is ever opened."""
    home = tmp_path / "home"
    graph = tmp_path / "graph.onnx"
    graph.write_bytes(b"none")
    config = ServingConfig(
        fps=16,
        sample_rate=48_000,
        text={"prompt": {"graphs": ["text"], "width": 4, "length": 4}},
        sizes={"16:9": (64, 112)},
        audio_rate=25,
        audio_hop=1920,
        sampler=Sampler(steps=4, emulated_steps=8),
    )
    graphs = {"text": graph, "backbone": graph}
    write_bundle(home / "champion", name="cinemill", graphs=graphs, tokenizers={}, config=config, lineage={})
    monkeypatch.setenv("CINEMILL_HOME", str(home))
    return lambda *options: CliRunner().invoke(app, ["generate", "a ball", "-o", str(tmp_path / "o.mp4"), *options])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--shift", "2"), "only shifted reads it"),
        (("--schedule", "shifted"), "needs a shift"),
        (("--schedule", "uniform", "--emulate", "50"), "only linear_quadratic reads it"),
        (("--steps", "9"), "emulated_steps (8) must be at least steps (9)"),
        (("--guidance", "1", "--guidance-interval", "0", "0.5"), "guidance other than 1"),
        (("--guidance-interval", "0.6", "0.5"), "two rising times"),
        (("--cache", "0.05"), "no calibration of step caching"),
        (("--cache", "0.05", "--solver", "heun"), "cache does not combine with the solver heun"),
        (("--cache", "1.5"), "cache"),
        (("--student", "3"), "--student takes 1, 2 or 4, not 3"),
        (("--student", "4", "--steps", "4"), "steps does not combine with student"),
        (("--seed", "1", "--seed", "2"), "need one --seed"),
        (("--fps", "24"), "24 frames a second are none that this model was trained at: it has 16"),
        (("--seconds", "700"), "700 s is outside what is made: ask for 0.0625 to 600 s"),
        (("--shot", "4: a ball"), "either prompts or shots, not both"),
        (("--window", "4"), "--window does not combine with prompts"),
        (("--joined", "blended"), "--joined does not combine with prompts"),
    ],
)
def test_options_that_do_not_combine_are_refused_in_one_line(run, options, said):
    result = run(*options, "--no-sound")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert said in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "either prompts or shots"),
        (("--shot", "a ball"), "SECONDS: PROMPT"),
        (("--shot", "9: a ball", "--seconds", "4"), "--seconds does not combine with shots"),
        (("--shot", "9: a ball", "--image", __file__), "--image does not combine with shots"),
        (("--shot", "9: a ball", "--last-image", __file__), "--last-image does not combine with shots"),
        (("--shot", "9: a ball", "--rewrite"), "--rewrite does not combine with shots"),
        (("--shot", "9: a ball", "--window", "9"), "a window of 9 latent frames does not fit"),
        (("--shot", "9: a ball", "--overlap", "8"), "cannot overlap by 8"),
        (("--shot", "9: a ball", "--joined", "continued", "--overlap", "0"), "cannot overlap by 0: 1 up to 7"),
        (("--shot", "9: a ball", "--seed", "1", "--seed", "2"), "one --seed"),
    ],
)
def test_options_of_long_video_are_refused_where_they_do_not_fit(run, tmp_path, options, said):
    result = CliRunner().invoke(app, ["generate", "-o", str(tmp_path / "o.mp4"), *options])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


@pytest.fixture
def picture(tmp_path):
    def write(width, height):
        path = tmp_path / f"{width}x{height}.png"
        Image.new("RGB", (width, height), "red").save(path)
        return str(path)

    return write


@pytest.mark.parametrize("option", ["--image", "--last-image"])
def test_pictures_are_refused_where_they_do_not_fit(run, picture, option):
    for options, said in (
        ((option, picture(112, 64)), "was not trained to begin or end with pictures"),
        ((option, __file__), "cannot be read as a picture"),
        ((option, picture(31, 64)), "31x64 pixels is too small"),
        ((option, picture(5000, 40)), "at most 4096 a side"),
        ((option, picture(112, 64), "--student", "2"), "student does not combine with pictures at the ends"),
        ((option, picture(112, 64), "--cache", "0.05"), "cache does not combine with pictures at the ends"),
    ):
        result = run(*options, "--no-sound")
        assert result.exit_code == 2, said
        assert said in " ".join(result.stderr.split())


def test_every_schedule_is_spelt_as_the_sampler_does():
    for name in ScheduleName:
        assert Sampler(schedule=name.field, shift=2.0).schedule == name.value.replace("-", "_")


def test_each_prompt_has_a_seed_and_an_output():
    assert seeds_of([3], 2) == [3, 4]
    assert seeds_of([7, 1], 2) == [7, 1]
    with pytest.raises(WrongOptions, match="2 prompts"):
        seeds_of([1, 2, 3], 2)
    assert outputs_of(Path("a/b.mp4"), 1) == [Path("a/b.mp4")]
    assert outputs_of(Path("a/b.mp4"), 2) == [Path("a/b-1.mp4"), Path("a/b-2.mp4")]
