import numpy as np
import torch

from assets.checkers import fitting


def _line():
    torch.manual_seed(3)
    return torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 1))


def _loss(net, until=None):
    def loss_of(step):
        if step == until:
            raise KeyboardInterrupt
        inputs = torch.from_numpy(np.random.default_rng(step).normal(size=(16, 2)).astype(np.float32))
        return (net(inputs)[:, 0] - inputs.sum(1)).square().mean()

    return loss_of


def test_a_training_that_was_killed_goes_on_to_the_same_weights(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(fitting, "_KEEP", 10)
    whole, broken = _line(), _line()
    fitting.fit(whole, _loss(whole), 40, 0.02, tmp_path / "whole.safetensors")
    half_way = tmp_path / "broken.safetensors"
    try:
        fitting.fit(broken, _loss(broken, until=25), 40, 0.02, half_way)
    except KeyboardInterrupt:
        broken = _line()
    assert half_way.exists()
    fitting.fit(broken, _loss(broken), 40, 0.02, half_way)
    for one, other in zip(whole.state_dict().values(), broken.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert not half_way.exists()


def test_weights_come_back_in_half_precision_and_ready_to_judge(tmp_path):
    net = _line()
    fitting.save(net, tmp_path / "net.safetensors")
    back = fitting.load(_line(), tmp_path / "net.safetensors")
    assert not back.training
    inputs = torch.ones(3, 2)
    assert torch.allclose(back(inputs), net.eval()(inputs), atol=2e-3)
