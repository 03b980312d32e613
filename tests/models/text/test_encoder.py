import numpy as np
import pytest
import torch

from models.text.encoder import TextEncoder
from models.text.minilm import load_minilm
from models.text.tokens import tokenize
from models.text.wheel import minilm_folder


@pytest.fixture(scope="module")
def encoder():
    return TextEncoder()


def test_states_are_those_of_the_reference_implementation():
    transformers = pytest.importorskip("transformers")
    ids, mask = tokenize(["a red circle on a blue background", "dogs"])
    ids, mask = torch.from_numpy(ids), torch.from_numpy(mask)
    reference = transformers.BertModel.from_pretrained(minilm_folder(), add_pooling_layer=False).eval()
    with torch.inference_mode():
        hidden = reference(ids, attention_mask=mask.long(), output_hidden_states=True).hidden_states
        for layers in (3, 6):
            got = load_minilm(minilm_folder(), layers).raw_states(ids, mask)
            torch.testing.assert_close(got[mask], hidden[layers][mask], rtol=0, atol=1e-4)


def test_a_word_has_another_state_in_another_context(encoder):
    states, _ = encoder.encode(["a bank by the river", "a bank with money"])
    assert np.abs(states[0, 2] - states[1, 2]).max() > 0.1
    same, _ = encoder.encode(["a bank by the river"])
    assert np.abs(states[0] - same[0]).max() < 1e-5


def test_states_do_not_depend_on_the_padding(encoder):
    ids, mask = (torch.from_numpy(value) for value in tokenize(["a red circle"]))
    count = int(mask.sum())
    with torch.inference_mode():
        padded, cut = encoder.model(ids, mask), encoder.model(ids[:, :count], mask[:, :count].long())
    torch.testing.assert_close(padded[:, :count], cut, rtol=0, atol=1e-5)
    assert not padded[:, count:].any()


def test_real_states_have_unit_scale_and_padding_is_zero(encoder):
    states, mask = encoder.encode(["", "a yellow star spins"])
    assert states.shape == (2, 40, 384)
    assert states.dtype == np.float32
    assert np.abs(states[mask].std(axis=-1) - 1).max() < 1e-3
    assert not states[~mask].any()
