from models.contrastive.config import ContrastiveConfig


def test_a_configuration_comes_back_from_json():
    config = ContrastiveConfig(channels=(8, 16), dim=32)
    assert ContrastiveConfig.from_json(config.as_json()) == config
