import pytest
import torch

from models.training.muon import Muon, orthogonalised


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (8, 8)])
def test_an_orthogonalised_matrix_has_the_same_directions_and_singular_values_near_one(shape):
    matrix = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    inside = left.T @ orthogonalised(matrix) @ right.T
    values = torch.diagonal(inside)
    torch.testing.assert_close(inside, torch.diag(values), atol=0.03, rtol=0)  # bfloat16
    assert (values > 0.6).all()
    assert (values < 1.3).all()


def test_vectors_follow_adam():
    ours = torch.nn.Parameter(torch.linspace(-1, 1, 5))
    reference = torch.nn.Parameter(ours.detach().clone())
    muon, adam = Muon([ours], lr=0.01), torch.optim.Adam([reference], lr=0.01, betas=(0.9, 0.95))
    for step in range(5):
        for parameter, optimizer in ((ours, muon), (reference, adam)):
            optimizer.zero_grad()
            ((parameter - step) ** 3).sum().backward()
            optimizer.step()
    torch.testing.assert_close(ours, reference)


def test_it_solves_a_badly_scaled_matrix_problem():
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(64, 10, generator=generator) * torch.logspace(0, -2, 10)
    targets = inputs @ torch.randn(10, 4, generator=generator)
    weight = torch.nn.Parameter(torch.zeros(4, 10))
    optimizer = Muon([weight], lr=0.05, weight_decay=0.0)
    losses = []
    for step in range(200):
        optimizer.param_groups[0]["lr"] = 0.05 * (1 - step / 200)
        optimizer.zero_grad()
        loss = (inputs @ weight.T - targets).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]
