"""Safety self-tests: they hold, and they notice what is broken."""

import dagster as dg
import pytest

from assets.evaluation import safety
from assets.evaluation.redteam import ALLOWED, REFUSED
from assets.safety import safety_report
from serving import moderation
from serving.home import Home
from serving.moderation import Verdict
from serving.watermark import Detection, Watermarker


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Home(tmp_path_factory.mktemp("home"))


def test_the_lists_share_nothing_and_name_nothing_twice():
    refused = [prompt for prompt, _ in REFUSED]
    assert len({*refused, *ALLOWED}) == len(refused) + len(ALLOWED)


def test_screening_holds_and_notices_a_policy_that_lets_all_pass_or_none(monkeypatch):
    assert safety.prompt_screening().passed
    for allowed in (True, False):
        monkeypatch.setattr(moderation, "screen", lambda _prompt, allowed=allowed: Verdict(allowed=allowed))
        assert not safety.prompt_screening().passed


def test_the_watermark_is_found_after_encoding_and_a_missing_one_is_noticed(home, monkeypatch):
    found = safety.watermark(home)
    assert found.passed
    assert found.figures["watermark_psnr"] > 40
    monkeypatch.setattr(Watermarker, "detect", lambda *_: Detection(None, 1.0, 0))
    assert not safety.watermark(home).passed


def test_a_signature_is_trusted_until_one_byte_of_the_picture_changes(home):
    found = safety.provenance(home)
    assert found.passed
    assert found.figures == {"signed_trusted": 1.0, "tampered_refused": 1.0}


class Settings:
    """A store that builds nothing and keeps the settings that it was asked with."""

    def produce(self, context, *, build, settings, tracked):
        self.settings = settings
        return dg.MaterializeResult()


def test_new_keys_are_tested_anew(tmp_path):
    def asked(name):
        store = Settings()
        safety_report(dg.build_asset_context(), store, Home(tmp_path / name))
        return store.settings

    assert asked("one") == asked("one") != asked("other")
