from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from assets.encoding.plan import plan, resampled, windows
from assets.sandbox_corpus.lots import records
from models.recipes import demo, smoke

_CLIP = {"kind": "footage", "source": "s", "width": 640, "height": 360, "caption": "a street", "split": "train"}


@cache
def _records(size):
    return tuple(records(size, demo().world))


def _rows(profile, *footage):
    clips = [{**_CLIP, "id": f"f{n}", "start": start, "end": end} for n, (start, end) in enumerate(footage)]
    return [record.row() for record in _records(profile.corpus)] + clips


def _plan(profile, *footage):
    return plan(_rows(profile, *footage), {"s": "street.mp4"}, profile)


def test_every_clip_is_encoded_and_none_in_both_splits():
    profile = smoke()
    parts = _plan(profile)
    ids = {
        split: {clip.id for part in parts if part.split == split for clip in part.clips}
        for split in ("train", "validation")
    }
    assert ids["train"] | ids["validation"] == {record.id for record in _records(profile.corpus)}
    assert not ids["train"] & ids["validation"]


def test_groups_hold_as_many_as_the_profile_says():
    size = demo().corpus
    counts = Counter()
    for part in _plan(demo()):
        counts[part.group, part.split] += len(part.clips)
    assert counts["image-low", "train"] == size.images
    assert counts["video-low", "train"] == size.videos
    assert counts["video-high", "train"] == size.videos_high
    assert counts["personalization", "train"] == counts["editing", "train"] == size.pairs
    assert counts["audio", "train"] == size.sounds
    assert counts["audio", "validation"] == size.validation


@pytest.mark.parametrize("profile", [smoke(), demo()])
def test_every_high_size_has_a_pair_to_validate_on(profile):
    found = {
        (p.height, p.width): len(p.clips) for p in _plan(profile) if (p.group, p.split) == ("video-high", "validation")
    }
    assert set(found) == set(profile.sizes_high)
    assert min(found.values()) >= 2


def test_every_fourth_video_is_shown_at_the_second_frame_rate():
    slow, fast = (_plan(replace(demo(), rates=rates)) for rates in ((16,), (16, 24)))
    assert {part.fps for part in slow} == {16}
    for group in ("video-low", "video-high"):
        counts = Counter()
        for part in fast:
            counts[part.fps] += (part.group, part.split) == (group, "train") and len(part.clips)
        assert counts[24] == pytest.approx((counts[16] + counts[24]) / 4, abs=len(demo().sizes_high))
    shown = [[clip.id for part in parts for clip in part.clips if part.group == "video-low"] for parts in (slow, fast)]
    assert sorted(shown[0]) == sorted(shown[1])
    assert {part.fps for part in fast if not part.group.startswith("video")} == {16}
    assert len({part.name for part in fast}) == len(fast)


def test_shards_are_cut_and_named_apart():
    parts = _plan(replace(demo(), corpus=replace(demo().corpus, images=600)))
    images = [part for part in parts if (part.group, part.split) == ("image-low", "train")]
    assert [len(part.clips) for part in images] == [256, 256, 88]
    assert len({part.name for part in parts}) == len(parts)


def test_long_footage_is_cut_into_windows_and_short_footage_stays_short():
    parts = [part for part in _plan(smoke(), (0.0, 9.0), (2.0, 3.5)) if part.group == "video-footage"]
    assert {(part.frames, len(part.clips)) for part in parts} == {(64, 2), (32, 1)}
    assert {(part.height, part.width) for part in parts} == set(smoke().sizes_high)


def test_windows_tile_a_clip_without_its_rest():
    spans = [(w.record["start"], w.record["end"]) for w in windows({**_CLIP, "start": 1.0, "end": 10.0}, 4.0)]
    assert spans == [(1.0, 5.0), (5.0, 9.0)]
    short = windows({**_CLIP, "start": 1.0, "end": 2.0}, 4.0)
    assert [(w.record["start"], w.record["end"]) for w in short] == [(1.0, 2.0)]


def test_latent_sizes_follow_the_stride():
    part = next(p for p in _plan(smoke()) if p.group == "image-low")
    assert part.latent_size == (1, 8, 8)


def test_spans_come_as_often_as_their_clips_weigh_and_their_number_stays():
    spans = [
        windows({**_CLIP, "start": 0.0, "end": 4.0, "id": str(n), "weight": weight}, 4.0)[0]
        for n, weight in enumerate([0.5] * 6 + [3.0, 2.0, 2.0])
    ]
    counts = Counter(span.record["id"] for span in resampled(spans))
    assert sum(counts.values()) == len(spans)
    assert [counts[str(n)] for n in (6, 7, 8)] == [3, 2, 2] or counts["6"] in {2, 3}
    assert sum(counts[str(n)] for n in range(6)) in {2, 3}


@pytest.mark.parametrize("weight", [1.0, 0.1])
def test_with_equal_weights_each_span_comes_once(weight):
    spans = [windows({**_CLIP, "start": 0.0, "end": 4.0, "weight": weight}, 4.0)[0] for _ in range(37)]
    assert resampled(spans) == spans


def test_weights_count_in_training_only():
    profile = smoke()
    spans = [(0.0, 4.0), (4.0, 8.0)]
    rows = _rows(profile, *spans) + [{**row, "split": "validation"} for row in _rows(profile, *spans)[-2:]]
    for row in rows[-4:]:
        row["weight"] = 1.9 if row["start"] else 0.1
    starts = {"train": set(), "validation": set()}
    for part in plan(rows, {"s": "street.mp4"}, profile):
        if part.group == "video-footage":
            starts[part.split] |= {clip.record["start"] for clip in part.clips}
    assert 0.0 not in starts["train"]
    assert {0.0, 4.0} <= starts["validation"]
