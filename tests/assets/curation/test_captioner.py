import pytest

from assets.curation.captioner import TemplateCaptioner, name_words, with_camera


@pytest.mark.parametrize(
    ("name", "words"),
    [("deep/big_BuckBunny-01.mp4", "big buck bunny"), ("IMG_2041.MOV", ""), ("cityCC0.mpg", "city"), ("é.mp4", "")],
)
def test_words_of_file_names(name, words):
    assert name_words(name) == words


def signals(**changes):
    plain = {"brightness": 0.5, "motion": 3.0, "shift": [0.0, 0.0], "steadiness": 0.0, "colours": [["blue", 0.5]]}
    return {"signals": plain | changes}


def test_the_sentence_says_what_was_measured():
    clip = signals(brightness=0.1, motion=7.0, shift=[-0.2, 0.05], steadiness=0.9)
    said = TemplateCaptioner().caption(clip, {"name": "sea.mp4"})
    assert said.text == "A dark video of sea in blue, moving fast to the left."


def test_confidence_falls_with_what_is_not_known():
    known = TemplateCaptioner().caption(signals(shift=[0.1, 0.0], steadiness=1.0), {"name": "sea.mp4"})
    unknown = TemplateCaptioner().caption(signals(colours=[["blue", 0.1]]), {"name": "IMG_1.mp4"})
    assert unknown.text == "A clear video of a scene, moving."
    assert 0 < unknown.confidence < known.confidence <= 0.6


@pytest.mark.parametrize(
    ("camera", "text"),
    [
        ({"class": "pan_right", "confidence": 0.95}, "Pan right. A thing."),
        ({"class": "pan_right", "confidence": 0.89}, "A thing."),
        (None, "A thing."),
    ],
)
def test_only_a_confident_camera_class_goes_before_the_caption(camera, text):
    assert with_camera("A thing.", {"camera": camera}) == text
    assert with_camera("A thing.", {}) == "A thing."
