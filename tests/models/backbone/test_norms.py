import pytest
import torch

from models.backbone import norms
from models.backbone.norms import Norm


def formula(x, factor, shift):
    normalised = x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
    return normalised * factor if shift is None else normalised * factor + shift


def arguments(dtype, *, affine):
    """A norm, what it is called with, and the same tokens, factor and shift for the formula, in float64."""
    torch.manual_seed(0)
    norm = Norm(32, affine=affine).to(dtype)
    x, scale, shift = (torch.randn(2, n, 32).to(dtype).requires_grad_() for n in (7, 1, 1))
    if affine:
        torch.nn.init.normal_(norm.weight)
        return norm, (x,), (x, norm.weight), (x.double(), norm.weight.double(), None)
    return norm, (x, scale, shift), (x, scale, shift), (x.double(), 1 + scale.double(), shift.double())


def worst(found, expected):
    """Largest relative difference, of the output and of each gradient."""
    pairs = zip(found, expected, strict=True)
    return [float((one.detach() - other.detach()).abs().max() / other.detach().abs().max()) for one, other in pairs]


def differences(dtype, *, affine):
    norm, given, leaves, precise = arguments(dtype, affine=affine)
    found, expected = norm(*given), formula(*precise)
    gradient = torch.randn(expected.shape).to(dtype)
    assert found.dtype == dtype
    return worst(
        (found, *torch.autograd.grad(found, leaves, gradient)),
        (expected, *torch.autograd.grad(expected, leaves, gradient.double())),
    )


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.bfloat16, 5e-3)])
def test_output_and_gradients_are_those_of_the_formula(dtype, tolerance, affine):
    assert max(differences(dtype, affine=affine)) < tolerance


@pytest.mark.parametrize("affine", [True, False])
def test_in_bfloat16_it_is_no_less_precise_than_operation_by_operation(monkeypatch, affine):
    at_once = differences(torch.bfloat16, affine=affine)
    monkeypatch.setattr(norms, "in_place", lambda *_: False)
    assert max(at_once) <= max(differences(torch.bfloat16, affine=affine))


def test_what_is_given_stays_as_it_is_and_only_the_tokens_are_kept_of_their_size():
    norm, given, _, _ = arguments(torch.float32, affine=False)
    before, kept = [each.detach().clone() for each in given], []
    with torch.autograd.graph.saved_tensors_hooks(lambda each: kept.append(each) or each, lambda each: each):
        out = norm(*given)
    out.sum().backward()
    assert all(torch.equal(each, old) for each, old in zip(given, before, strict=True))
    assert [each.data_ptr() for each in kept if each.numel() == given[0].numel()] == [given[0].data_ptr()]


def test_gradients_are_not_rounded_in_a_backward_pass_under_autocast():
    norm, given, leaves, _ = arguments(torch.float32, affine=False)
    expected = torch.autograd.grad(norm(*given).square().sum(), leaves)
    with torch.autocast("cpu", torch.bfloat16):
        found = torch.autograd.grad(norm(*given).square().sum(), leaves)
    assert max(worst(found, expected)) < 1e-6


def test_a_network_and_its_gradients_are_those_of_the_unfused_operations(monkeypatch, make, inputs):
    def run():
        model = make(reference=True)
        out = model(**inputs, reference=torch.linspace(-1, 1, 2 * 3 * 64 * 64).view(2, 3, 64, 64))
        out.square().mean().backward()
        return [out, *(each.grad for each in model.parameters())]

    at_once = run()
    monkeypatch.setattr(norms, "in_place", lambda *_: False)
    apart = run()
    assert not all(torch.equal(one, other) for one, other in zip(at_once, apart, strict=True))
    assert max(worst(at_once, [each.detach() for each in apart])) < 1e-5
