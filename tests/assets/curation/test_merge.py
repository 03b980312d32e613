import pytest

from assets.curation.merge import merge, missing_splits, split_of
from assets.curation.policy import SMALL_CORPUS, STRICTEST
from tests.assets.curation.looks import look, textured

TRAIN, VALIDATION = "01" * 32, "0a" * 32  # the first eight digits decide


def clip(name, source=TRAIN, kept=True, scene=1, **changes):
    base = {"id": name, "source": source, "start": 0.0, "end": 5.0, "width": 64, "height": 36, "fps": 25.0}
    packed = look(textured(scene)).packed()
    plain = {"kept": kept, "look": packed, "signals": {"motion": 1.0}, "rejections": []}
    return base | plain | changes


def merged(clips, policy=SMALL_CORPUS, corpus=()):
    footage = [{"id": source, "licence": "CC0-1.0", "attribution": None} for source in {c["source"] for c in clips}]
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


def duplicate(of, mirrored=""):
    return {"signal": "duplicate", "value": 0.01, "threshold": 0.1, "detail": f"{mirrored}copy of clip {of}"}


def splits(clips):
    return {row["id"]: row["split"] for row in merged(clips)}


def test_a_film_and_its_copies_stand_on_one_side_also_where_their_clips_differ():
    other = "0b" * 32
    clips = [
        clip("a1"),
        clip("v2", VALIDATION, scene=2),
        clip("v1", VALIDATION, kept=False, rejections=[duplicate("a1", "mirrored ")]),
        clip("o1", other, scene=3),
    ]
    assert splits([clips[0], clips[1], clips[3]]) == {"a1": "train", "v2": "validation", "o1": "train"}
    assert splits(clips) == {"a1": "train", "v2": "train", "o1": "train"}


def test_films_are_joined_through_others_and_what_was_trained_on_stays_so():
    second = "0a" * 31 + "0b"
    clips = [clip("v1", VALIDATION), clip("s2", second, scene=2)]
    linked = clip("s1", second, kept=False, rejections=[duplicate("v1")])
    assert splits([*clips, linked]) == {"v1": "validation", "s2": "validation"}
    bridge = clip("a1", kept=False, rejections=[duplicate("s2")])
    assert splits([*clips, linked, bridge, clip("a2", scene=4)]) == dict.fromkeys(("v1", "s2", "a2"), "train")


def test_films_that_share_an_intro_alone_are_films_of_their_own():
    clips = [clip("a1"), clip("a2", scene=2), clip("a3", scene=3), clip("v2", VALIDATION, scene=4)]
    clips += [clip("v1", VALIDATION, kept=False, rejections=[duplicate("a1")]), clip("v3", VALIDATION, scene=5)]
    assert splits(clips)["v2"] == "validation"


def test_a_split_without_footage_is_named():
    assert missing_splits(merged([clip("a")])) == ["validation"]
    assert missing_splits(merged([clip("v", VALIDATION)])) == ["train"]
    assert missing_splits(merged([clip("a"), clip("v", VALIDATION, scene=2)])) == []
    assert missing_splits(merged([clip("a", kept=False)], corpus=[{"id": "c1", "kind": "image"}])) == []


def test_about_a_tenth_of_the_sources_is_for_validation():
    from models.files import sha256_json

    sides = [split_of(sha256_json(number)) for number in range(2000)]
    assert 150 < sides.count("validation") < 250
    assert (split_of(TRAIN), split_of(VALIDATION)) == ("train", "validation")
