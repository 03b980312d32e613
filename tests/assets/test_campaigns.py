"""Briefs as partitions."""

import pytest

from assets.campaigns import brief_file, brief_key
from models.files import write_text
from serving.campaign.brief import BriefInvalid
from serving.home import Home

BRIEF = """
product: Stella
message: Shine
audiences: [{name: all, prompt: a white star spins on a black background}]
locales: [en]
aspect_ratios: ["16:9"]
"""


def test_a_brief_s_key_is_its_id_and_its_file_s_name(tmp_path):
    write_text(tmp_path / "stella.yaml", BRIEF)
    assert brief_key(tmp_path / "stella.yaml") == "stella"
    write_text(tmp_path / "other.yaml", BRIEF + "id: stella\n")
    with pytest.raises(BriefInvalid, match=r"name the file stella\.yaml"):
        brief_key(tmp_path / "other.yaml")


@pytest.mark.parametrize("key", ["../champion", "a/b", "", "a'; drop table runs--", "A", "a" * 64, "a\n"])
def test_a_partition_key_that_is_no_brief_s_id_reaches_no_path(tmp_path, key):
    with pytest.raises(BriefInvalid, match="not the id of a brief"):
        brief_file(Home(tmp_path), key)


def test_a_campaign_without_a_brief_is_named(tmp_path):
    with pytest.raises(BriefInvalid, match=r"no brief stella\.yaml"):
        brief_file(Home(tmp_path), "stella")
