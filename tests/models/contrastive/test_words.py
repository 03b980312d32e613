import torch

from models.contrastive.words import Words


def test_a_vector_is_nearest_to_the_word_that_it_lies_on_in_each_sort():
    torch.manual_seed(0)
    words = Words((5, 3), 64)
    kinds, colours = words(torch.nn.functional.normalize(words.vectors[0], dim=-1))
    assert kinds.shape == (5, 5)
    assert colours.shape == (5, 3)
    assert torch.allclose(kinds.diagonal(), torch.full((5,), 20.0), atol=1e-4)
    assert kinds.argmax(dim=1).tolist() == [0, 1, 2, 3, 4]


def test_words_begin_far_apart():
    torch.manual_seed(0)
    (logits,) = Words((69,), 256)(torch.nn.functional.normalize(Words((69,), 256).vectors[0], dim=-1))
    assert logits.abs().max() < 10  # of 20: another lot of vectors, so that none lies on its own


def test_the_length_of_a_words_vector_says_nothing():
    words = Words((4,), 8)
    asked = torch.nn.functional.normalize(torch.randn(2, 8), dim=-1)
    before = words(asked)[0]
    with torch.no_grad():
        words.vectors[0].mul_(3.0)
    assert torch.allclose(words(asked)[0], before, atol=1e-5)
