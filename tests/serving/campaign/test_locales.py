import pytest

from serving.campaign.locales import LANGUAGES, UnknownLocale, locale
from serving.media.fonts import uncovered


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_disclosure_can_be_drawn(language):
    assert uncovered(locale(language).disclosure) == ""


def test_disclosures_differ_between_languages():
    assert len({locale(language).disclosure for language in LANGUAGES}) == len(LANGUAGES)


@pytest.mark.parametrize("tag", ["de-AT", "de_CH", "DE"])
def test_a_region_has_its_languages_text(tag):
    assert locale(tag).disclosure == locale("de").disclosure
    assert locale(tag).tag == tag


@pytest.mark.parametrize("tag", ["ja", "xx", "", "deutsch"])
def test_an_unknown_locale_is_named_with_the_known_ones(tag):
    with pytest.raises(UnknownLocale, match=rf"'{tag}'.*de, el, en"):
        locale(tag)
