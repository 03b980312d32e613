import pytest
import torch

from models.contrastive.config import ContrastiveConfig
from models.contrastive.network import ContrastiveModel
from models.contrastive.storage import FOLDER, Calibration, load_model, save_model

_LIMIT = 2_000_000  # bytes


def test_a_model_comes_back_as_it_was_written_but_for_rounding(tmp_path):
    torch.manual_seed(0)
    model = ContrastiveModel(ContrastiveConfig(channels=(8, 16), width=16, dim=16))
    save_model(model, Calibration(3.0, -1.0), tmp_path)
    again, calibration = load_model(tmp_path)
    assert calibration == Calibration(3.0, -1.0)
    assert again.config == model.config
    for name, value in again.state_dict().items():
        assert torch.equal(value, model.state_dict()[name].half().float())
    assert not any(parameter.requires_grad for parameter in again.parameters())


def test_weights_that_do_not_fit_their_configuration_are_refused(tmp_path):
    model = ContrastiveModel(ContrastiveConfig(channels=(8, 16), width=16, dim=16))
    save_model(model, Calibration(1.0, 0.0), tmp_path)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"dim": 16', '"dim": 32'))
    with pytest.raises(RuntimeError, match="size mismatch"):
        load_model(tmp_path)


def test_the_packaged_weights_are_small():
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= _LIMIT
