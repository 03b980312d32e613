import torch

from models.contrastive.layers import Layer, Pool


def test_tokens_that_are_masked_change_nothing():
    torch.manual_seed(0)
    layer, pool = Layer(16, 4), Pool(16, 4, 8)
    tokens = torch.randn(1, 5, 16)
    mask = torch.tensor([[True, True, True, False, False]])
    whole, cut = layer(tokens, mask), layer(tokens[:, :3])
    assert torch.allclose(whole[:, :3], cut, atol=1e-6)
    assert torch.allclose(pool(tokens, mask), pool(tokens[:, :3]), atol=1e-6)


def test_pooling_is_the_weighted_mean_of_values_projected_to_unit_length():
    torch.manual_seed(0)
    pool = Pool(8, 2, 6)
    tokens = torch.randn(1, 3, 8)
    heads = []
    for head in range(2):
        part = slice(4 * head, 4 * head + 4)
        key, value = pool.key(tokens[0])[:, part], pool.value(tokens[0])[:, part]
        share = (key @ pool.questions[head] / 2).softmax(dim=0)
        heads.append(share @ value)
    vector = pool.out(torch.cat(heads))
    assert torch.allclose(pool(tokens)[0], vector / vector.norm(), atol=1e-6)
