import pytest

from assets.curation.buckets import bucket_of


# The paper's table: length, frames, and the rate at which they fill it.
@pytest.mark.parametrize(
    ("seconds", "fps", "frames", "rate"),
    [
        (4.0, 30, 128, 32.0),
        (7.999, 30, 128, 16.0),
        (8.0, 24, 192, 24.0),
        (10.5, 24, 192, 18.29),
        (10.67, 24, 256, 24.0),
        (10.67, 16, 192, 18.0),
        (11.5, 30, 256, 24.0),
        (12.0, 24, 256, 21.33),
        (16.0, 24, 256, 16.0),
        (40.0, 24, 256, 16.0),
    ],
)
def test_lengths_fall_into_the_papers_buckets(seconds, fps, frames, rate):
    bucket = bucket_of(1920, 1080, seconds, fps)
    assert bucket.frames == frames
    assert bucket.fps == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize(
    ("size", "aspect"),
    [((1920, 1080), "16:9"), ((640, 272), "16:9"), ((640, 480), "4:3"), ((500, 480), "1:1"), ((576, 1024), "9:16")],
)
def test_shapes_go_to_the_nearest_aspect_ratio_either_way_round(size, aspect):
    assert bucket_of(*size, 5.0, 24).aspect == aspect
    turned = {"16:9": "9:16", "4:3": "3:4", "1:1": "1:1", "9:16": "16:9"}[aspect]
    assert bucket_of(*reversed(size), 5.0, 24).aspect == turned


def test_a_clip_shorter_than_any_bucket_has_none():
    assert bucket_of(640, 360, 3.9, 24) is None
