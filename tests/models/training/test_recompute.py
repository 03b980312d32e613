import pytest
import torch

from models.backbone import Backbone
from models.flow import flow_loss
from models.recipes import BackboneConfig
from models.training.recompute import recompute
from tests.models.texts import random_text


def network() -> Backbone:
    torch.manual_seed(0)
    model = Backbone(BackboneConfig(layers=3, width=32, ffn=64, heads=2, positions=(2, 4, 4)))
    for parameter in model.parameters():
        if parameter.ndim > 1 and not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.2)
    return model


def trained(model: Backbone) -> tuple[torch.Tensor, dict[str, torch.Tensor], int]:
    """Loss and gradients of a step, and how many bytes the forward pass kept for the backward pass."""
    generator = torch.Generator().manual_seed(1)
    latent, noise = (torch.randn(2, 16, 2, 8, 8, generator=generator) for _ in range(2))
    text = random_text(2, 5, generator=generator)
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()  # held, so that no address comes twice
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = flow_loss(lambda x, t: model(x, t, text), latent, torch.tensor([0.3, 0.6]), noise)
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    return loss.detach(), gradients, sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("blocks", [1, 3])
def test_loss_and_gradients_are_the_same_bit_for_bit(blocks):
    plain, other = network(), network()
    recompute(other, blocks)
    loss, gradients, _ = trained(plain)
    loss_again, gradients_again, _ = trained(other)
    torch.testing.assert_close(loss_again, loss, rtol=0, atol=0)
    assert gradients_again.keys() == gradients.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradients_again[name], gradient, rtol=0, atol=0)


def test_each_recomputed_block_keeps_less():
    kept = []
    for blocks in range(4):
        model = network()
        recompute(model, blocks)
        kept.append(trained(model)[2])
    assert kept[0] > kept[1] > kept[2] > kept[3]
    assert kept[3] < kept[0] / 3


def test_names_of_the_weights_stay():
    model = network()
    names = list(model.state_dict())
    recompute(model, 2)
    assert list(model.state_dict()) == names


def test_more_blocks_than_there_are_are_refused():
    with pytest.raises(ValueError, match="4 blocks are to be recomputed, of 3"):
        recompute(network(), 4)
