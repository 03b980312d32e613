import numpy as np
import pytest

from assets.evaluation.prompts import Prompt
from assets.evaluation.sight import Sight
from orchestration.benches import long
from orchestration.benches.envelope import names
from orchestration.benches.long import films
from orchestration.benches.long.apart import shots
from orchestration.benches.long.films import Film, consistency, joins, moving, tiles
from serving.decoding.tiles import Tiles
from serving.shots import Shot, laid_out
from serving.windows import weights

FRAMES, SIDE = 8, 16


class Seen:
    """A film whose frames are known by the colour that its prompt names."""

    def __init__(self, prompt, film):
        self.frames = prompt.split()[1]
        self.seam, self.change = film.seam, film.change


def walk(random, places):
    """A clip that moves on at random from one latent frame to the next: [places, 16, 16, 3]."""
    return 128 + random.normal(0, 8, (places, SIDE, SIDE, 3)).cumsum(axis=0)


def filmed(seed, size, overlap):
    """A film whose windows agree in nothing but their noise: each walks on its own, blended as windows are."""
    random = np.random.default_rng(seed)
    plan = laid_out([Shot(seconds=80, prompt="x")], 1, size, overlap)
    windows = [window for window, _ in plan.windows]
    pictures = np.zeros((plan.length, SIDE, SIDE, 3))
    for window, weight in zip(windows, weights(windows, plan.length), strict=True):
        pictures[window.places] += weight[:, None, None, None] * walk(random, window.length)
    frames = pictures.clip(0, 255).astype(np.uint8).repeat(FRAMES, axis=0)
    return Film(frames, joins(plan, Tiles(FRAMES * size, FRAMES * overlap)))


def test_the_bench_is_found_by_its_name():
    assert "long" in names()


@pytest.mark.parametrize("size", [4, 8])
def test_windows_that_overlap_by_half_show_no_seam_and_windows_apart_do(size):
    films = [filmed(seed, size, size // 2) for seed in range(4)]
    figures = long.compared(films, [filmed(seed, size, 0) for seed in range(4)])
    assert figures["seam_low"] <= figures["seam"] <= figures["seam_high"]
    assert figures["seam"] <= 1.05
    assert figures["seam_planted"] >= 1.5


def test_joins_are_where_windows_and_tiles_begin_and_end():
    plan = laid_out([Shot(seconds=12, prompt="x")], 1, 8, 4)
    assert joins(plan, tiles(apart=False)) == (16, 32, 48, 64, 80)
    assert joins(laid_out([Shot(seconds=9, prompt="x")], 1, 3, 0), tiles(apart=True)) == (24, 32, 48, 64)
    continued = laid_out(
        [Shot(seconds=12, prompt="x")], 1, 8, 2, "continued"
    )  # the second begins at 4, in what is there
    assert joins(continued, Tiles(FRAMES * 8, FRAMES * 2)) == (48, 64)


def test_consistency_is_the_share_that_looks_like_the_first():
    ball, frog = Sight("blue", "ball", "red", "left"), Sight("blue", "frog", "red", "left")
    green = Sight("blue", "ball", "green", "still")
    assert consistency([ball, ball, frog, green, Sight("blue")]) == 0.25
    assert consistency([Sight("blue"), Sight("blue")]) == 0.0
    with pytest.raises(ValueError, match="nothing can be the same"):
        consistency([ball])


def test_the_control_of_consistency_is_another_films_first_glance(monkeypatch):
    prompts = [Prompt.of(f"a {colour} ball rolls to the left on a blue background") for colour in ("red", "green")]
    asked = []

    def film(served, prompt, seconds, seed, **options):
        asked.append(options)
        return (prompt, filmed(seed, 4, 0 if options.get("apart") else 2))

    def glances(frames):
        return [Sight("blue", "ball", frames, "left")] * 3

    monkeypatch.setattr(films, "film", lambda *args, **options: Seen(*film(*args, **options)))
    monkeypatch.setattr(films, "glances", glances)
    figures = long.judged(None, prompts, 16)
    assert figures["consistency"] == figures["consistency_student"] == 1.0
    assert figures["consistency_other"] == 0.0
    assert figures["motion"] == 1.0
    assert figures["seam_student_low"] <= figures["seam_student"] <= figures["seam_student_high"]
    assert [one["overrides"].student for one in asked if "overrides" in one] == [4, 4]


def test_motion_is_the_share_that_moves_as_asked():
    prompt = Prompt.of("a red ball rolls to the left on a blue background")
    left, still = (Sight("blue", "ball", "red", way) for way in ("left", "still"))
    assert moving(prompt, [left, still, left, Sight("blue")]) == 0.5


def test_the_sheet_has_a_row_of_each_shot(tmp_path):
    from PIL import Image

    frames = np.zeros((64, 64, 64, 3), np.uint8)
    frames[32:] = 255
    frames.tofile(tmp_path / "film.raw")
    long.sheet(tmp_path / "film.raw", 16, tmp_path / "sheets" / "long.png")
    picture = np.asarray(Image.open(tmp_path / "sheets" / "long.png"))
    assert len(shots(16)) == 2
    upper, lower = picture[: len(picture) // 2], picture[len(picture) // 2 :]
    assert (upper == 0).mean() > 0.5
    assert (lower == 255).mean() > 0.5
