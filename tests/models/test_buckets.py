import pytest

from models.buckets import ASPECTS, DURATIONS, STILL, balanced, buckets_of, size_of


def test_the_published_sizes_come_out():
    assert size_of("16:9", 768) == (576, 1024)
    assert size_of("9:16", 768) == (1024, 576)
    assert size_of("1:1", 768) == (768, 768)


@pytest.mark.parametrize("pixels", [256, 512, 768, 1024])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_size_is_of_whole_tokens_near_its_ratio_and_no_larger_than_the_square(aspect, pixels):
    height, width = size_of(aspect, pixels)
    assert height % 16 == width % 16 == 0
    assert 0.94 <= height * width / pixels**2 <= 1
    assert width / height == pytest.approx(ASPECTS[aspect], rel=0.05)


@pytest.mark.parametrize(("pixels", "shares"), [(256, 4), (768, 8), (768, 16)])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_a_size_whose_tokens_divide_is_still_near_its_ratio(aspect, pixels, shares):
    height, width = size_of(aspect, pixels, shares)
    assert height // 16 * (width // 16) % shares == 0
    assert 0.93 <= height * width / pixels**2 <= 1
    assert width / height == pytest.approx(ASPECTS[aspect], rel=0.05)


def test_a_turned_size_is_the_size_of_the_turned_ratio():
    assert size_of("4:3", 768) == tuple(reversed(size_of("3:4", 768)))


def test_there_are_five_ratios_by_five_durations_and_none_exceeds_the_longest_context():
    buckets = buckets_of(768)
    assert len(buckets) == len({(bucket.aspect, bucket.duration) for bucket in buckets}) == 25
    assert [duration.frames for duration in DURATIONS] == [128, 192, 256, 256, 256]
    assert max(bucket.tokens for bucket in buckets) == 73_728
    assert max(bucket.tokens for bucket in buckets_of(256)) == 8_192


def test_an_image_is_one_latent_frame():
    square = next(bucket for bucket in buckets_of(256, (STILL,)) if bucket.aspect == "1:1")
    assert (square.name, square.grid, square.tokens) == ("1:1 image", (1, 16, 16), 256)


@pytest.mark.parametrize("multiple", [1, 8, 768])
@pytest.mark.parametrize("pixels", [256, 768])
def test_steps_of_all_buckets_hold_about_as_many_tokens(pixels, multiple):
    tokens = [bucket.tokens for bucket in buckets_of(pixels)]
    batches = balanced(tokens, 1536, multiple)
    held = [batch * each for batch, each in zip(batches, tokens, strict=True)]
    middle = (max(held) + min(held)) / 2
    assert max(held) <= 1.1 * middle
    assert min(held) >= 0.9 * middle
    assert all(batch % multiple == 0 for batch in batches)
    assert batches[tokens.index(max(tokens))] == 1536


def test_no_other_multiples_are_balanced_better():
    tokens = [73_728, 55_296, 36_864]
    spreads = {}
    for middle in range(1, 5):
        for short in range(1, 6):
            held = [2 * tokens[0], middle * tokens[1], short * tokens[2]]
            spreads[2, middle, short] = max(held) / min(held)
    assert balanced(tokens, 2) == min(spreads, key=spreads.get)


def test_a_bucket_larger_than_its_share_still_gets_a_sample():
    assert balanced([100, 99], 1) == (1, 1)


def test_a_batch_that_is_no_multiple_is_refused():
    with pytest.raises(ValueError, match="no multiple of 3"):
        balanced([4, 8], 16, 3)
