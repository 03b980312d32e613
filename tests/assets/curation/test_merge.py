import pytest

from assets.curation.merge import merge, split_of
from assets.curation.policy import SMALL_CORPUS, STRICTEST
from tests.assets.curation.looks import look, textured

TRAIN, VALIDATION = "01" * 32, "0a" * 32  # the first eight digits decide


def clip(name, source=TRAIN, kept=True, scene=1, **changes):
    base = {"id": name, "source": source, "start": 0.0, "end": 5.0, "width": 64, "height": 36, "fps": 25.0}
    packed = look(textured(scene)).packed()
    return base | {"kept": kept, "look": packed, "signals": {"motion": 1.0}} | changes


def merged(clips, policy=SMALL_CORPUS, corpus=()):
    footage = [{"id": source, "licence": "CC0-1.0", "attribution": None} for source in (TRAIN, VALIDATION)]
    captions = [{"id": c["id"], "caption": "a thing", "confidence": 0.5, "captioner": "c"} for c in clips]
    return merge(footage, clips, captions, list(corpus), policy)


def test_only_kept_clips_join_and_they_carry_licence_caption_and_bucket():
    rows = merged([clip("k"), clip("r", kept=False)], corpus=[{"id": "c1", "kind": "image"}])
    assert [row["id"] for row in rows] == ["k", "c1"]
    assert (rows[0]["kind"], rows[0]["caption"], rows[0]["licence"]) == ("footage", "a thing", "CC0-1.0")
    assert rows[0]["bucket"] == {"aspect": "16:9", "frames": 128, "fps": 25.6}
    assert not {"path", "look", "signals"} & set(rows[0])


def test_training_clips_of_a_large_cluster_weigh_less_where_the_policy_samples_so():
    clips = [clip(f"a{n}", scene=1) for n in range(9)] + [clip("b", scene=2), clip("v", VALIDATION, scene=1)]
    rows = {row["id"]: row for row in merged(clips, STRICTEST)}
    assert rows["a0"]["cluster"] == rows["a8"]["cluster"] != rows["b"]["cluster"]
    assert rows["b"]["weight"] / rows["a0"]["weight"] == pytest.approx(3.0, rel=1e-4)
    assert rows["v"]["weight"] == 1.0
    assert {row["weight"] for row in merged(clips, SMALL_CORPUS)} == {1.0}


def test_about_a_tenth_of_the_sources_is_for_validation():
    from models.files import sha256_json

    sides = [split_of(sha256_json(number)) for number in range(2000)]
    assert 150 < sides.count("validation") < 250
    assert (split_of(TRAIN), split_of(VALIDATION)) == ("train", "validation")
