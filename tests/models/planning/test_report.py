from models.planning.layout import Pins
from models.planning.plan import make_plan
from models.planning.report import report


def test_a_report_tells_numbers_reasons_and_what_is_assumed():
    text = report(make_plan("30b", "joint-768", "h100-80g", 6_144, pins=Pins(tensor=4, ulysses=1, context=2)))
    for told in (
        *("28.991 B core", "73,728 a sample", "ZeRO 3, TP 4, Ulysses 1, CP 2, DP 768", "fastest of", "2,048 idle"),
        *("optimizer states", "averaged weights", "fragmentation reserve", "keys and values", "MFU", "USD at 2.5"),
        *("(assumed; --price gives another)", "Assumed, not measured:", "1024x576x256", "16:9, 1:1, 9:16"),
    ):
        assert told in text
    assert max(map(len, text.splitlines())) < 180


def test_steps_that_cannot_be_balanced_are_pointed_out():
    text = report(make_plan("30b", "joint-768", "h100-80g", 4_096, pins=Pins(tensor=4, ulysses=1, context=2)))
    assert "samples a group of ranks are too few to even them out" in text


def test_steps_of_several_passes_are_said_to_be_more_than_the_training_loop_does():
    text = report(make_plan("30b", "joint-768", "h100-80g", 6_144, pins=Pins(tensor=4, ulysses=1, context=2)))
    assert "gradients of up to 3 passes add up to a step: the training loop of this repository does not" in text
    whole = report(make_plan("tiny", "image-256", "h100-80g", 9_216))
    assert "passes       " not in whole


def test_a_given_price_is_told_as_given():
    text = report(make_plan("tiny", "image-256", "cpu", 1, price=0.1))
    assert "assumed; --price" not in text
    assert "exchanges  " not in text  # one device has nobody to exchange with
