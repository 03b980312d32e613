import numpy as np
import pytest

from assets.evaluation.prompts import Prompt
from assets.starter.quality import Asked
from orchestration.benches import image_to_video
from orchestration.benches.image_to_video import ends_figures, going_on

PROMPTS = tuple(Prompt.of(f"a {colour} ball rolls to the left on a white background") for colour in ("red", "blue"))


def clips():
    """Two clips of noise, each frame another."""
    random = np.random.default_rng(0)
    return tuple(random.integers(0, 256, (32, 64, 64, 3)).astype(np.uint8) for _ in PROMPTS)


def test_the_frames_that_are_given_are_compared_and_no_others():
    shown = Asked(PROMPTS, clips())
    spoiled = [clip.copy() for clip in shown.clips]
    for clip in spoiled:
        clip[1:] = 0
    black = [np.zeros_like(clip) for clip in shown.clips]
    films = {"first": spoiled, "last": spoiled, "both": shown.clips, "text": black}
    figures = ends_figures(shown, films, black)
    assert figures["first_psnr"] == figures["both_psnr"] == pytest.approx(100)
    assert figures["last_psnr"] == figures["last_psnr_text"] == figures["last_psnr_ceiling"] < 10
    assert figures["first_psnr_other"] < 12
    assert figures["first_gain"] == figures["first_psnr"] - figures["first_psnr_text"]


def test_a_jump_where_new_frames_begin_is_seen(monkeypatch):
    monkeypatch.setattr(image_to_video, "sights", lambda made: [])
    monkeypatch.setattr(
        image_to_video, "scored", lambda prompts, seen, name: {f"{name}_motion": 1.0, f"{name}_kind": 0}
    )
    smooth = [np.repeat(np.arange(32, dtype=np.uint8)[:, None, None, None], 3, axis=3) for _ in PROMPTS]
    jumping = [film.copy() for film in smooth]
    for film in jumping:
        film[16:] += 9
    figures = going_on(Asked(PROMPTS, tuple(smooth)), {"continued": smooth, "blended": jumping})
    assert figures["continued_change"] == figures["real_change"] == pytest.approx(1)
    assert figures["blended_change"] == pytest.approx(10)
    assert figures["continued_psnr"] > 90 > figures["blended_psnr"]
    assert figures["continued_motion"] == 1
    assert "continued_kind" not in figures
