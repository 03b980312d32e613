"""Briefs as partitions."""

from contextlib import closing
from types import SimpleNamespace

import dagster as dg
import pytest

from assets.campaigns import _deliver, _row, brief_file, brief_key
from models.files import write_text
from orchestration.run import adopt_brief
from serving.campaign.batch import CampaignIncomplete
from serving.campaign.brief import BriefInvalid
from serving.campaign.record import CampaignRecord, Delivered, Failed, ModelVersion
from serving.catalog import Catalog
from serving.home import Home
from serving.rewriting import Rewrite

BRIEF = """
product: Stella
message: Shine
audiences: [{name: all, prompt: a white star spins on a black background}]
locales: [en]
aspect_ratios: ["16:9"]
"""


def delivered(rewrite=None):
    return Delivered(
        path="all_en_1x1.mp4", sha256="ab" * 32, variant="all_en_1x1", audience="all", locale="en", ratio="1:1",
        prompt="A star.", seed=3, seconds=6, generated_seconds=4, width=480, height=480, fps=16, lufs=-14,
        upsampling="plain_resize: lanczos", model=ModelVersion(name="cinemill", version="3"), dataset_digest="d1",
        run_id="r", attributions=(), record_id="0" * 64, watermark_payload="0" * 16, rewrite=rewrite,
    )  # fmt: skip


def test_a_brief_s_key_is_its_id_and_its_file_s_name(tmp_path):
    write_text(tmp_path / "stella.yaml", BRIEF)
    assert brief_key(tmp_path / "stella.yaml") == "stella"
    write_text(tmp_path / "stella.json", BRIEF)
    with pytest.raises(BriefInvalid, match=r"name the file stella\.yaml"):
        brief_key(tmp_path / "stella.json")
    write_text(tmp_path / "other.yaml", BRIEF + "id: stella\n")
    with pytest.raises(BriefInvalid, match=r"name the file stella\.yaml"):
        brief_key(tmp_path / "other.yaml")


@pytest.mark.parametrize("key", ["../champion", "a/b", "", "a'; drop table runs--", "A", "a" * 64, "a\n"])
def test_a_partition_key_that_is_no_brief_s_id_reaches_no_path(tmp_path, key):
    with pytest.raises(BriefInvalid, match="not the id of a brief"):
        brief_file(Home(tmp_path), key)


def test_a_brief_takes_the_place_of_an_earlier_one_whatever_its_suffix(tmp_path):
    home = Home(tmp_path / "home")
    for suffix, product in ((".yaml", "Stella"), (".yml", "Luna")):
        write_text(tmp_path / suffix / f"star{suffix}", BRIEF.replace("Stella", product))
        adopt_brief(home, tmp_path / suffix / f"star{suffix}")
        assert f"product: {product}" in brief_file(home, "star").read_text()
    write_text(home.briefs / "moon.yml", BRIEF)
    assert adopt_brief(home, home.briefs / "moon.yml") == brief_file(home, "moon") == home.briefs / "moon.yml"


def test_films_enter_the_catalog_of_campaigns_that_could_not_be_made_whole(tmp_path, monkeypatch):
    film = delivered()
    record = CampaignRecord(campaign="stella", brief={}, files=[film], failed=[Failed(variant="b", reason="no")])

    def incomplete(*_, **__):
        raise CampaignIncomplete(tmp_path, record)

    monkeypatch.setattr("serving.campaign.batch.run_campaign", incomplete)
    monkeypatch.setattr(
        "serving.bundle.Bundle.load", lambda _: SimpleNamespace(manifest=SimpleNamespace(name="cinemill"), lineage={})
    )
    monkeypatch.setattr("serving.pipeline.Pipeline.from_bundle", lambda _: None)
    monkeypatch.setattr("serving.campaign.batch.Origin.of", lambda *_: None)
    home = Home(tmp_path / "home")
    write_text(tmp_path / "stella.yaml", BRIEF)
    with pytest.raises(dg.Failure, match="could not be made"):
        _deliver(SimpleNamespace(run_id="r"), home, tmp_path / "stella.yaml", tmp_path)
    with closing(Catalog(home.catalog_url)) as catalog:
        assert [row.sha256 for row in catalog.deliverables("stella")] == [film.sha256]


def test_a_campaign_without_a_brief_is_named(tmp_path):
    with pytest.raises(BriefInvalid, match=r"no brief stella\.yaml"):
        brief_file(Home(tmp_path), "stella")


@pytest.mark.parametrize("rewrite", [None, Rewrite("A star.", "a star", "rules-1")])
def test_a_film_enters_the_catalog_with_what_was_asked_for_and_how_it_was_rewritten(tmp_path, rewrite):
    film = delivered(rewrite)
    row = _row(film, "stella", tmp_path)
    assert (row.campaign, row.prompt, row.path) == ("stella", "A star.", str(tmp_path / "all_en_1x1.mp4"))
    assert (row.rewrite and (row.rewrite.text, row.rewrite.rewriter)) == (rewrite and ("a star", "rules-1"))
