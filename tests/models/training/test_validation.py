from pathlib import Path

import torch

from models.recipes import DataMix
from models.text.config import TEXT_NAMES
from models.training.methods import VideoMethod
from models.training.validation import Validation


def zero(batch):
    return lambda latent, times: torch.zeros_like(latent)


def test_ranks_share_the_samples_without_changing_the_loss(index: Path):
    validation = Validation([DataMix(str(index), "image-low"), DataMix(str(index), "video-low")])
    whole = validation.sums(zero)
    shared = sum(validation.sums(zero, rank=rank, world_size=3) for rank in range(3))
    torch.testing.assert_close(shared, whole, rtol=1e-12, atol=0)


def test_what_the_network_is_given_is_on_its_device(index: Path):
    devices = set()

    def velocity_of(batch):
        devices.update(value.device.type for value in batch.values())

        def velocity(latent, times):
            devices.update((latent.device.type, times.device.type))
            return torch.zeros_like(latent)

        return velocity

    total = Validation([DataMix(str(index), "video-low")]).sums(velocity_of, device=torch.device("meta"))
    assert devices == {"meta"}
    assert total.device.type == "meta"


def test_a_network_that_says_zero_has_the_energy_of_the_velocity(index: Path):
    # V = X_1 - X_0 with X_0 standard normal and independent: E V^2 = E X_1^2 + 1.
    from models.training.shards import open_shards

    loss = Validation([DataMix(str(index), "image-low")], samples=5, looks=40).loss(zero)
    latent = open_shards(index).group("image-low", "validation")[0].gather(list(range(5)))["latent"]
    assert abs(loss - (latent.square().mean().item() + 1)) < 0.05


def test_the_control_takes_another_samples_condition(index: Path):
    seen = []

    def velocity_of(batch):
        seen.append(torch.cat([batch[name].flatten(1) for name in TEXT_NAMES], dim=1))
        return zero(batch)

    validation = Validation([DataMix(str(index), "image-low")])
    validation.sums(velocity_of)
    validation.sums(velocity_of, exchanged=VideoMethod().control)
    own, exchanged = seen
    assert torch.equal(exchanged, own.roll(-2, 0))
