import unicodedata

import pytest

from assets.curation.captioner import TemplateCaptioner, name_words, with_camera


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("deep/big_BuckBunny-01.mp4", "big buck bunny"),
        ("IMG_2041.MOV", ""),
        ("cityCC0.mpg", "city"),
        ("é.mp4", ""),
        ("Küche Straße.mp4", "küche straße"),
        (unicodedata.normalize("NFD", "KücheTür_02.mp4"), "küche tür"),
        ("Москва река.mp4", "москва река"),
        ("हिन्दी_3.mp4", "हिन्दी"),
        ("東京2024.mp4", "東京"),
        ("a screen door at noon.mp4", "screen door at noon"),
        (f"{'word ' * 11}longword.mp4", " ".join(["word"] * 11)),
    ],
)
def test_words_of_file_names(name, words):
    assert name_words(name) == words


@pytest.mark.parametrize(
    "name",
    [
        *("GX010023.MP4", "GH010023.MP4", "GOPR0001.MP4", "DJI_0001.MP4", "DJI_20240102030405_0001_D.MP4", "MVI_1.MOV"),
        *("DSCN0001.AVI", "DSCF0001.AVI", "MAH00123.MP4", "_MG_1234.MOV", "P1000123.MP4", "PXL_20240102_030405678.mp4"),
        *("VID_20240102_030405.mp4", "VID-20240102-WA0001.mp4", "00001.MTS", "IMG_E2041.MOV"),
        *("WhatsApp Video 2024-01-02 at 03.04.05.mp4", "Screen Recording 2024-01-02 at 03.04.05.mov"),
        "Screen_Recording_20240102-030405.mp4",
    ],
)
def test_a_name_that_a_camera_gave_has_no_words(name):
    assert name_words(name) == ""


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
