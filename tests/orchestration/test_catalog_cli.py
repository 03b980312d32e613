"""``cinemill curate`` and ``cinemill catalog`` on a folder of a good, a still and a broken film."""

import json
import re

import pytest
from typer.testing import CliRunner

from assets.manifest import read_manifest
from orchestration.cli import app
from tests.assets.videos import moving_pictures, write_video


@pytest.fixture(scope="module")
def curated(tmp_path_factory):
    root = tmp_path_factory.mktemp("curated")
    footage = root / "footage"
    footage.mkdir()
    write_video(footage / "good.mp4", moving_pictures(50))
    write_video(footage / "mirrored.mp4", [picture[:, ::-1] for picture in moving_pictures(50)])
    write_video(footage / "still.mp4", [next(moving_pictures(1, seed=3))] * 50)
    (footage / "text.mp4").write_text("no video")
    (footage / "footage.yaml").write_text("licence: CC0-1.0")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CINEMILL_HOME", str(root / "home"))
        patch.setenv("COLUMNS", "200")

        def run(*arguments):
            return CliRunner().invoke(app, [str(argument) for argument in arguments])

        first = run("curate", footage, "-o", root / "out")
        assert first.exit_code == 0, first.output
        yield run, first, root


def test_the_funnel_is_printed_and_the_folder_holds_all_of_it(curated):
    _, first, root = curated
    assert "quarantined text.mp4: not a video" in first.output
    for step in ("decodable", "resolution", "motion", "duplicate"):
        assert step in first.output
    found = {path.name for path in (root / "out").iterdir()}
    assert found == {
        *(f"{name}.jsonl" for name in ("footage", "clips", "curated", "captions", "dataset")),
        *("card.md", "card.html", "retention.csv", "retention.png", "kept.png", "rejected.png"),
    }
    rows = {row["source"]: row for row in read_manifest(root / "out" / "curated.jsonl")}
    names = {row["name"]: rows[row["id"]] for row in read_manifest(root / "out" / "footage.jsonl") if row["id"] in rows}
    assert {name: row["rejected_by"] and row["rejected_by"]["signal"] for name, row in names.items()} in (
        {"good.mp4": None, "mirrored.mp4": "duplicate", "still.mp4": "motion"},
        {"good.mp4": "duplicate", "mirrored.mp4": None, "still.mp4": "motion"},
    )


def test_curating_again_finds_everything_done_and_says_the_same(curated, monkeypatch):
    run, first, root = curated
    before = {path.name: path.read_bytes() for path in (root / "out").glob("*.jsonl")}
    from assets.ingestion.isolation import Isolated

    monkeypatch.setattr(Isolated, "_start", lambda _: pytest.fail("a decoder was started"))
    assert run("curate", root / "footage", "-o", root / "out").output == first.output
    assert {path.name: path.read_bytes() for path in (root / "out").glob("*.jsonl")} == before


def test_why_names_signal_value_limit_and_policy(curated):
    run, _, root = curated
    said = run("catalog", "why", "still.mp4").output
    assert re.search(r"dropped by small-corpus: motion 0\.0\d* \(limit 0\.1\)", said)
    (still,) = [
        row
        for row in read_manifest(root / "out" / "curated.jsonl")
        if row["rejections"][:1] and row["rejected_by"]["signal"] == "motion"
    ]
    assert run("catalog", "why", still["id"][:8]).output == said
    assert "text.mp4: quarantined, not a video" in run("catalog", "why", "text.mp4").output
    assert (
        "mirrored copy of clip"
        in run("catalog", "why", "mirrored.mp4").output + run("catalog", "why", "good.mp4").output
    )


def test_two_policies_are_told_apart(curated):
    run, _, root = curated
    assert run("curate", root / "footage", "--policy", "strictest", "-o", root / "strict").exit_code == 0
    said = run("catalog", "why", "still.mp4").output
    assert "dropped by strictest: source_duration 2 (limit 4)" in said
    assert "and     by strictest: motion_score 0 (limit 2)" in said
    assert "dropped by small-corpus" in said


def test_the_list_of_the_rejected_can_be_narrowed_to_a_policy(curated):
    run, _, _ = curated
    listed = run("catalog", "list", "--rejected", "--policy", "small-corpus").output
    assert "still.mp4" in listed
    assert listed.count("small-corpus:") == 2
    assert "strictest" not in listed
    assert len(run("catalog", "list").output.splitlines()) >= len(listed.splitlines())


def test_a_search_lists_the_kept_clips_by_their_nearness_to_a_text(curated):
    run, _, root = curated
    assert run("curate", root / "footage", "-o", root / "out").exit_code == 0  # the policy that counts
    rows = read_manifest(root / "out" / "curated.jsonl")
    kept = [row for row in rows if row["kept"]]
    assert all(row["signals"]["embedding"] for row in rows)
    said = run("catalog", "search", "a red ball falls", "--limit", "1")
    assert said.exit_code == 0
    assert kept[0]["id"][:12] in said.output
    assert re.search(r"-?0\.\d\d", said.output)
    assert "still.mp4" not in said.output


def test_a_search_in_an_empty_catalog_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("CINEMILL_HOME", str(tmp_path))
    said = CliRunner().invoke(app, ["catalog", "search", "a red ball"])
    assert said.exit_code == 1
    assert "cinemill curate" in said.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("catalog", "why", "nothing.mp4"), "no clip and no file"),
        (("curate", "--policy", "lenient"), "no policy is called 'lenient'"),
        (("curate", "/nowhere"), "/nowhere does not exist"),
    ],
)
def test_errors_are_one_line_that_says_what_to_do(curated, arguments, said):
    run, _, _ = curated
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("error: ")


def test_the_card_of_the_folder_tells_licence_and_rejections(curated):
    _, _, root = curated
    card = (root / "out" / "card.md").read_text()
    assert "CC0-1.0" in card
    assert "(limit 0.1)" in card
    assert json.loads((root / "out" / "dataset.jsonl").read_text().splitlines()[0])["weight"] == 1.0


def test_the_help_names_every_policy():
    from assets.curation.policy import POLICIES

    said = " ".join(CliRunner().invoke(app, ["curate", "--help"], env={"COLUMNS": "250"}).output.split())
    assert all(name in said for name in POLICIES)
