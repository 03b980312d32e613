import re

from assets.curation.card import Curated, Section, _cameras, _sections, as_html, as_markdown, write_card
from assets.curation.filters import curate
from assets.curation.funnel import retention
from assets.curation.merge import merge
from assets.curation.policy import SMALL_CORPUS
from tests.assets.curation.test_filters import clip

SOURCE = "01" * 32


def made():
    footage = [
        {
            "id": SOURCE,
            "name": "a|b.mp4",
            "status": "ok",
            "licence": "CC-BY-3.0",
            "attribution": "A & B",
            "origin": "x",
        },
        {"id": "f2", "name": "bad.mp4", "status": "quarantined", "licence": "?", "attribution": None, "origin": "x"},
    ]
    clips = [clip(f"kept{n}", source=SOURCE, seconds=5.0 + n, side=200) for n in range(3)]
    clips += [clip(f"still{n}", source=SOURCE, motion=0.0, sharpness=0.2 + 0.8 * n) for n in range(6)]
    clips += [clip("small", source=SOURCE, side=90), clip("tiny", source=SOURCE, side=20, motion=0.0)]
    curated = curate(clips, SMALL_CORPUS)
    captions = [
        {"id": row["id"], "caption": "word " * 10, "confidence": 0.5, "captioner": "c"}
        for row in curated
        if row["kept"]
    ]
    dataset = merge(footage, curated, captions, [{"id": "x", "kind": "image"}], SMALL_CORPUS)
    return Curated(SMALL_CORPUS, footage, curated, dataset, retention(curated, SMALL_CORPUS))


def table(card, title):
    part = card.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def test_the_card_counts_what_was_kept_under_which_licence(tmp_path):
    card, page = write_card(tmp_path, made())
    text = card.read_text()
    assert ["clips", "3 kept of 11"] in table(text, "What it is")
    assert ["files", "1 usable, 1 quarantined"] in table(text, "What it is")
    assert ["clips by split", "3 train"] in table(text, "What it is")
    assert "no clip is for validation: it takes more films" in text
    assert table(text, "Licences of the kept clips") == [["CC-BY-3.0", "A & B", "x", "3", "18.0"]]
    assert table(text, "Durations") == [["4 to 8", "3", "100%"]]
    assert table(text, "Caption lengths") == [["8 to 16", "3", "100%"]]
    assert table(text, "Buckets") == [["16:9", "128 frames", "3"]]
    assert "not measured on 3 clips" in text
    assert "A &amp; B" in page.read_text()


def test_five_rejections_are_told_with_different_reasons_first(tmp_path):
    rows = table(write_card(tmp_path, made())[0].read_text(), "Some rejections")
    assert len(rows) == 5
    assert {row[2].split()[0] for row in rows[:3]} == {"motion", "resolution", "sharpness"}
    assert any(row[3].startswith("motion 0 (limit 0.1)") for row in rows)
    assert rows[0][1].startswith("a\\|b.mp4 1.0 to")


def test_the_balance_of_cameras_says_how_often_each_is_sure_enough_to_be_said():
    clips = [
        clip(f"clip{n}", source=SOURCE, scene=n, camera={"class": kind, "confidence": confidence})
        for n, (kind, confidence) in enumerate([("arc", 0.95), ("arc", 0.5), ("arc", 0.9), ("zoom in", 0.4)])
    ]
    curated = curate([*clips, clip("unseen", source=SOURCE, scene=9)], SMALL_CORPUS)
    text = as_markdown("t", [_cameras(curated)])
    assert table(text, "Camera") == [["arc", "3", "75%", "2"], ["zoom in", "1", "25%", "0"]]
    assert "not measured on 1 clips" in text


def test_a_set_without_clips_has_a_card_too():
    empty = Curated(SMALL_CORPUS, [], [], [], retention([], SMALL_CORPUS))
    assert "no clip was kept" in as_markdown("t", _sections(empty, []))


def test_html_and_markdown_escape_what_files_are_called():
    section = Section("T", ("a",), (("<b>|x",),), "1 < 2", ("p.png",))
    assert "\\|x" in as_markdown("t", [section])
    page = as_html("<t>", [section])
    assert "&lt;b&gt;|x" in page
    assert "<title>&lt;t&gt;</title>" in page
    assert "1 &lt; 2" in page
    assert '<img alt="p.png" src="p.png">' in page
