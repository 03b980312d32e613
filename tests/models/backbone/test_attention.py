import torch

from models.backbone.attention import Attention, CrossAttention


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
