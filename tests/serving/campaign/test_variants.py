from serving.campaign.brief import Brief
from serving.campaign.variants import variants


def test_every_audience_locale_and_ratio_is_made_once(fields):
    fields["audiences"].append({"name": "parents", "prompt": "a green star spins on a red background"})
    found = variants(Brief(**{**fields, "aspect_ratios": ["16:9", "9:16"]}))
    assert len({variant.id for variant in found}) == 8
    assert found[0].id == "kids_en_16x9"
    assert {(v.audience, v.locale, v.ratio) for v in found} == {
        (a, tag, r) for a in ("kids", "parents") for tag in ("en", "de-AT") for r in ("16:9", "9:16")
    }


def test_locales_share_a_take_and_differ_in_the_message(brief):
    english, german = variants(brief)
    assert (english.take, english.seed, english.prompt) == (german.take, german.seed, german.prompt)
    assert (english.message, german.message) == ("Bounce into spring", "Mehr Sprungkraft")


def test_seeds_depend_on_campaign_number_audience_and_ratio_alone(fields):
    def seeds(**changes):
        return [variant.seed for variant in variants(Brief(**{**fields, **changes}))]

    assert seeds() == seeds(product="Other")
    assert len({seeds()[0], seeds(id="x")[0], seeds(seed=1)[0], seeds(aspect_ratios=["16:9"])[0]}) == 4
    assert all(0 <= seed < 2**31 for seed in seeds())
