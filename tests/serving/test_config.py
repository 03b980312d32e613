import pytest

from serving.config import ServingConfig
from serving.errors import RequestRefused


def test_a_configuration_from_before_there_was_calibration_is_read(config):
    stored = config.model_dump(mode="json")
    del stored["calibration"], stored["sampler"]["cache"]
    assert ServingConfig.model_validate(stored) == config


def test_frames_are_the_nearest_whole_number(config):
    assert config.frames(4.0) == 64
    assert config.frames(1.28) == 20


@pytest.mark.parametrize("seconds", [0, 0.01, 4.1, 60])
def test_a_length_that_the_model_does_not_cover_is_refused_with_what_it_covers(config, seconds):
    with pytest.raises(RequestRefused, match=r"ask for 0\.0625 to 4 s"):
        config.frames(seconds)


def test_the_latent_covers_a_begun_group_of_eight_frames(config):
    assert config.latent_shape(17, (64, 112)) == (16, 3, 8, 14)


def test_a_size_is_a_ratios_name_or_sides_within_the_trained_ones(config):
    assert config.size("9:16") == (112, 64)
    assert config.size((32, 112)) == (32, 112)


@pytest.mark.parametrize("aspect", ["4:5", (64, 100), (128, 64), (0, 64)])
def test_a_size_that_the_model_does_not_cover_is_refused(config, aspect):
    with pytest.raises(RequestRefused, match=r"4:5|multiples of 16"):
        config.size(aspect)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -1.0, 0.0])
def test_what_is_no_length_is_refused(config, seconds):
    for asked in (config.frames, config.length):
        with pytest.raises(RequestRefused, match="s is outside what"):
            asked(seconds)
