import numpy as np
import pytest
import yaml
from PIL import Image

from serving.campaign.brief import BriefInvalid, load_brief


@pytest.fixture
def load(tmp_path, fields):
    def load(drop=(), **changes):
        content = {key: value for key, value in {**fields, **changes}.items() if key not in drop}
        path = tmp_path / "Summer sale.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True))
        return load_brief(path)

    return load


def test_a_whole_brief_is_read(load):
    brief = load()
    assert brief.id == "spring"
    assert brief.text("de-AT") == "Mehr Sprungkraft"
    assert brief.reference() is None


def test_its_name_defaults_to_the_files(load):
    assert load(drop=["id"]).id == "summer-sale"


def test_a_message_may_be_one_text_for_all(load):
    assert load(message="Boing").text("de-AT") == "Boing"


def test_a_style_is_added_to_each_prompt(load):
    brief = load(style="soft light")
    assert brief.prompt(brief.audiences[0]).endswith("blue background, soft light")


def test_rewriting_is_off_unless_the_brief_asks_for_it(load):
    assert load().rewrite is False
    assert load(rewrite=True).rewrite is True


@pytest.mark.parametrize("field", ["product", "message", "audiences", "locales", "aspect_ratios"])
def test_a_missing_field_is_named(load, field):
    with pytest.raises(BriefInvalid, match=rf"Summer sale\.yaml: field '{field}': Field required"):
        load(drop=[field])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"locales": ["en", "ja"]}, r"field 'locales\.1': unknown locale 'ja'"),
        ({"locales": ["en", False]}, r"field 'locales\.1': .*quotes"),
        ({"locales": ["en", "en"]}, r"field 'locales': named twice: en"),
        ({"locales": ["en", "fr"]}, r"message\.fr is missing"),
        ({"aspect_ratios": ["wide"]}, r"field 'aspect_ratios\.0': an aspect ratio is written like 16:9"),
        ({"aspect_ratios": [969]}, r"field 'aspect_ratios\.0': .*quotes"),
        ({"resolution": "4k"}, r"field 'resolution': Input should be '480p', '720p' or '1080p'"),
        ({"seconds": 3}, r"field 'seconds': .*greater than or equal to 4"),
        ({"rewrite": "yes"}, r"field 'rewrite': Input should be a valid boolean"),
        ({"budget": 5}, r"field 'budget': Extra inputs"),
        ({"product": "日本"}, r"field 'product': .*no glyph for '日本'"),
        ({"message": {"en": "日", "de": "x"}}, r"field 'message\.en': .*no glyph"),
        ({"message": "vote for our candidate"}, r"field 'message': refused by rule 'political'"),
        ({"style": "gory"}, r"field 'style': refused by rule 'violence'"),
        ({"audiences": [{"name": "kids"}]}, r"field 'audiences\.0\.prompt': Field required"),
        ({"audiences": [{"name": "Kids!", "prompt": "a ball"}]}, r"field 'audiences\.0\.name'"),
        (
            {"audiences": [{"name": "x", "prompt": "a nude woman"}]},
            r"field 'audiences\.0\.prompt': refused by rule 'sexual'",
        ),
        ({"audiences": [{"name": "x", "prompt": "a ball"}] * 2}, "named twice: x"),
        ({"reference_image": "nobody.png"}, r"field 'reference_image': .*nobody\.png"),
        ({"id": "../up"}, "field 'id'"),
    ],
)
def test_a_wrong_field_is_named_with_what_is_wrong(load, changes, message):
    with pytest.raises(BriefInvalid, match=message):
        load(**changes)


def test_prompt_and_style_are_also_screened_together(load):
    with pytest.raises(BriefInvalid, match="rule 'minors'"):
        load(audiences=[{"name": "x", "prompt": "a child plays"}], style="vodka bottles everywhere")


def test_a_reference_is_found_beside_the_brief(load, tmp_path):
    Image.fromarray(np.full((8, 8, 3), 7, np.uint8)).save(tmp_path / "ball.png")
    np.testing.assert_array_equal(load(reference_image="ball.png").reference(), 7)


@pytest.mark.parametrize("content", ["- a\n- b", "", "a: [", "\x00"])
def test_what_holds_no_fields_is_refused_with_its_name(tmp_path, content):
    (tmp_path / "b.yaml").write_text(content)
    with pytest.raises(BriefInvalid, match=r"b\.yaml"):
        load_brief(tmp_path / "b.yaml")


def test_a_missing_file_is_refused_with_its_name(tmp_path):
    with pytest.raises(BriefInvalid, match=r"none\.yaml"):
        load_brief(tmp_path / "none.yaml")


def test_unquoted_ratios_of_a_hand_written_brief_are_explained(tmp_path):
    (tmp_path / "b.yaml").write_text("product: x\naspect_ratios: [16:9]\n")
    with pytest.raises(BriefInvalid, match="969: write it in quotes"):
        load_brief(tmp_path / "b.yaml")
