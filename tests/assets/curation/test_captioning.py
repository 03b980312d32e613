import pytest

from assets.curation.captioning import configured
from assets.curation.vlm import CaptionerMisconfigured


def test_a_captioner_is_chosen_by_name_and_an_unknown_name_is_refused(monkeypatch):
    monkeypatch.setenv("CINEMILL_CAPTIONER_URL", "http://127.0.0.1:8000/v1/")
    monkeypatch.setenv("CINEMILL_CAPTIONER_MODEL", "m")
    for name, captioner in (("template", "template-1"), ("sandbox", "sandbox-1"), ("", "vlm:m")):
        monkeypatch.setenv("CINEMILL_CAPTIONER", name)
        assert configured().name == captioner
    monkeypatch.setenv("CINEMILL_CAPTIONER", "oracle")
    with pytest.raises(CaptionerMisconfigured, match="'oracle': name sandbox or template"):
        configured()
