from assets.curation.merge import merge, split_of


def test_only_kept_clips_join_and_they_carry_licence_and_caption():
    footage = [{"id": "ab" * 32, "licence": "CC0-1.0", "attribution": None}]
    base = {"source": "ab" * 32, "start": 0.0, "end": 2.0, "width": 10, "height": 10, "fps": 25.0}
    curated = [base | {"id": "k", "kept": True}, base | {"id": "r", "kept": False}]
    captions = [{"id": "k", "caption": "a thing", "confidence": 0.5, "captioner": "c"}]
    corpus = [{"id": "c1", "kind": "image"}]
    rows = merge(footage, curated, captions, corpus)
    assert [row["id"] for row in rows] == ["k", "c1"]
    assert (rows[0]["kind"], rows[0]["caption"], rows[0]["licence"]) == ("footage", "a thing", "CC0-1.0")
    assert "path" not in rows[0]


def test_about_a_tenth_of_the_sources_is_for_validation():
    from models.files import sha256_json

    sides = [split_of(sha256_json(number)) for number in range(2000)]
    assert 150 < sides.count("validation") < 250
