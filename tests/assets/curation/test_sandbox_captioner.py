import numpy as np

from assets.checkers.contrastive.evaluation import held_out
from assets.curation.sandbox_captioner import SandboxCaptioner
from assets.world.captions import where
from tests.assets.videos import write_video


def test_what_it_says_of_a_sandbox_clip_is_mostly_right_about_the_place(tmp_path):
    captioner = SandboxCaptioner()
    shown = held_out(12, "validation", 3_300)
    said = [captioner.described(clip.frames)[0] for clip in shown]
    assert np.mean([each.place == where(clip.spec) for each, clip in zip(said, shown, strict=True)]) > 0.5
    path = write_video(
        tmp_path / "clip.mp4", list(np.repeat(shown[0].frames, 2, axis=0)), fps=16, options={"crf": "12"}
    )
    caption = captioner.caption({"start": 0.0, "end": 2.0}, {"path": str(path)})
    assert said[0].kind in caption.text.lower()
    assert 0 <= caption.confidence <= 1
    assert caption.captioner == captioner.name


def test_of_a_picture_it_says_nothing_that_moves():
    (clip,) = held_out(1, "validation", 3_300)
    said, _ = SandboxCaptioner().described(clip.frames[:1])
    assert said.kind is not None
    assert (said.motion, said.camera) == (None, None)
