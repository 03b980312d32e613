import torch

from models.autoencoder.adversarial import (
    AdversarialTerm,
    PatchDiscriminator,
    adaptive_weight,
    discriminator_loss,
)
from models.training.adversary import Adversary


def clip(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_a_place_is_judged_for_every_block():
    model = PatchDiscriminator(8)
    assert model(clip(2, 16, 32, 24, 3)).shape == (2, 4, 4, 3, 1)
    assert model(clip(2, 1, 32, 24, 3)).shape == (2, 1, 4, 3, 1)


def test_the_discriminator_sees_movement():
    model, still = PatchDiscriminator(8), clip(1, 8, 16, 16, 3).requires_grad_()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    model(still)[0, 1, 0, 0].sum().backward()
    assert (still.grad.abs().sum((0, 2, 3, 4)) > 0).sum() >= 6


def test_the_hinge_loss_is_its_formula():
    real, fake = torch.tensor([2.0, 0.5, -1.0]), torch.tensor([-3.0, 0.0, 1.0])
    expected = ((0 + 0.5 + 2.0) / 3 + (0 + 1.0 + 2.0) / 3) / 2
    torch.testing.assert_close(discriminator_loss(real, fake), torch.tensor(expected))


def test_the_adaptive_weight_is_the_ratio_of_the_gradients():
    last = torch.tensor([1.0, 2.0], requires_grad=True)
    loss, adversarial = (3.0 * last).sum(), (0.5 * last).sum()
    torch.testing.assert_close(adaptive_weight(loss, adversarial, last), torch.tensor(6.0), atol=2e-3, rtol=0)
    torch.testing.assert_close(adaptive_weight(1e9 * loss, adversarial, last), torch.tensor(1e4))


def test_the_discriminator_learns_to_tell_and_starts_when_it_is_told_to():
    torch.manual_seed(0)
    term = AdversarialTerm(PatchDiscriminator(8), 0.5, start=2)
    adversary = Adversary(term.discriminator, term.discriminated, 1e-2)
    last = torch.zeros((), requires_grad=True)
    real, losses = clip(2, 4, 16, 16, 3), []
    for step in range(30):
        fake = 0.1 * real + last
        weighed = term(step, fake, real, (fake - real).abs().mean(), last)
        told = adversary.step()
        if step < 2:
            assert weighed is None
            assert told == {}
        else:
            losses.append(told["discriminator"])
    assert losses[-1] < 0.5 * losses[0]
