import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from models.backbone import attention
from models.backbone.attention import Attention, CrossAttention, DotProductAttention, written_out


def test_self_attention_is_softmax_of_scaled_products_over_all_tokens():
    torch.manual_seed(0)
    layer, x = Attention(8, 2), torch.randn(1, 5, 8)
    outputs = []
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        query, key, value = (projection(x)[..., part] for projection in (layer.query, layer.key, layer.value))
        outputs.append(torch.softmax(query @ key.transpose(1, 2) / 2, dim=-1) @ value)
    torch.testing.assert_close(layer(x), layer.out(torch.cat(outputs, dim=-1)))


def test_a_reference_opened_to_the_output_projection_is_attention_over_the_concatenation():
    torch.manual_seed(0)
    layer = CrossAttention(8, 2, reference=True)
    x, text, reference = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 4, 8)
    mask = torch.ones(2, 5, dtype=torch.bool)
    mask[0, 3:] = False
    layer.reference_out.load_state_dict(layer.out.state_dict())
    both = torch.cat([text, reference], dim=1)
    both_mask = torch.cat([mask, torch.ones(2, 4, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(layer(x, text, mask, reference), layer(x, both, both_mask))


def test_masked_tokens_are_not_seen():
    torch.manual_seed(0)
    layer = CrossAttention(8, 2)
    x, text = torch.randn(1, 3, 8), torch.randn(1, 5, 8)
    mask = torch.tensor([[True, True, False, True, False]])
    torch.testing.assert_close(layer(x, text, mask), layer(x, text[:, mask[0]], torch.ones(1, 3, dtype=torch.bool)))


@pytest.fixture
def heads():
    """Queries, keys, values, and a mask that hides some of the keys of the second sample."""
    torch.manual_seed(0)
    mask = torch.ones(2, 1, 1, 5, dtype=torch.bool)
    mask[1, ..., 3:] = False
    return torch.randn(2, 3, 7, 8), torch.randn(2, 3, 5, 8), torch.randn(2, 3, 5, 8), mask


@pytest.mark.parametrize("masked", [False, True])
def test_attention_written_out_is_attention_and_so_are_its_gradients(heads, masked):
    *inputs, mask = heads
    found = []
    for attend in (written_out, scaled_dot_product_attention):
        leaves = [value.clone().requires_grad_() for value in inputs]
        out = attend(*leaves, mask if masked else None)
        out.square().sum().backward()
        found.append([out, *(leaf.grad for leaf in leaves)])
    torch.testing.assert_close(*found)


def test_only_few_scores_in_bfloat16_are_written_out(heads, monkeypatch):
    *inputs, mask = heads
    calls = []
    monkeypatch.setattr(attention, "written_out", lambda *given: calls.append(given) or written_out(*given))
    exact = DotProductAttention()(*inputs, mask)
    assert not calls
    short = [value.bfloat16() for value in inputs]
    torch.testing.assert_close(DotProductAttention()(*short, mask).float(), exact, atol=0.03, rtol=0.03)
    assert len(calls) == 1
    monkeypatch.setattr(attention, "_MOST_SCORES", 2 * 3 * 7 * 5 - 1)
    torch.testing.assert_close(DotProductAttention()(*short, mask).float(), exact, atol=0.03, rtol=0.03)
    assert len(calls) == 1
