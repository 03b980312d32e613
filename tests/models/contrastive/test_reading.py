import numpy as np
import torch

from models.contrastive.config import TOKENS
from models.contrastive.reading import packaged_reader, padded
from models.text.config import TextConfig
from models.text.encoders import load_encoder


def test_states_are_those_of_the_text_encoder_whatever_stands_beside_a_text():
    texts = ["a red ball falls", "a very big blue robot walks to the left in green hills"]
    read = packaged_reader().states(texts)
    states, mask = load_encoder(TextConfig().prompt).encode(texts)
    for row in range(2):
        assert np.allclose(read[row], states[row][mask[row]], atol=1e-4)
    assert np.allclose(packaged_reader().states(texts[:1])[0], read[0], atol=1e-4)


def test_a_text_of_any_length_is_read_up_to_256_tokens():
    assert [len(states) for states in packaged_reader().states(["", "ball " * 400])] == [2, TOKENS]


def test_padding_keeps_what_is_real_and_masks_the_rest():
    states, mask = padded([np.ones((3, 4), np.float16), 2 * np.ones((1, 4), np.float16)])
    assert states.dtype == torch.float32
    assert mask.tolist() == [[True, True, True], [True, False, False]]
    assert states[1].tolist() == [[2.0] * 4, [0.0] * 4, [0.0] * 4]
