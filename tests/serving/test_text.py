import numpy as np
import pytest

from models.text.config import ROLES, TextConfig, TextEncoderConfig, mask_name, states_name
from models.text.encoders import load_encoders, save_tokenizers
from models.text.tokens import prefixed, quoted
from serving.config import TextEncoderFacts
from serving.text import EncoderStates, TextStates, with_fps
from serving.text import quoted as quoted_in_serving

PROMPTS = ["A red circle moves right.", 'a sign, words "OPEN", beside «été»', "très long " * 60, "x"]


@pytest.fixture(scope="module")
def encoders():
    config = TextConfig(long=TextEncoderConfig("contrastive", 128, 60))
    return load_encoders(config)


@pytest.fixture(scope="module")
def served(encoders, tmp_path_factory):
    """The same encoders as serving calls them: through arrays and tokenizer files."""
    import torch

    from models.export.graphs import as_graph

    config = TextConfig(**{role: encoder.config for role, encoder in encoders.items()})
    files = save_tokenizers(config, tmp_path_factory.mktemp("tokenizers"))
    torch.set_num_threads(1)
    return {
        role: EncoderStates(
            [as_graph(graph) for graph in encoder.graphs.values()],
            files.get(role),
            TextEncoderFacts(graphs=tuple(encoder.graphs), width=encoder.width, length=encoder.length),
        )
        for role, encoder in encoders.items()
    }


def test_prompts_are_read_exactly_as_training_reads_captions(encoders, served):
    condition, null = TextStates(served, fps=16).conditions(PROMPTS)
    for role, encoder in encoders.items():
        for got, texts in ((condition, [prefixed(prompt) for prompt in PROMPTS]), (null, [""] * len(PROMPTS))):
            states, mask = encoder.encode(texts)
            length = got[mask_name(role)].shape[1]
            np.testing.assert_array_equal(got[mask_name(role)], mask[:, :length])
            np.testing.assert_allclose(got[states_name(role)], states[:, :length], rtol=0, atol=1e-5)
            assert not mask[:, length:].any()
    assert with_fps("x", 24) == prefixed("x", 24)


def test_what_of_a_prompt_no_encoder_reads_is_told(served):
    states = TextStates(served, fps=16)
    assert states.unread("A red circle moves right.") == ""
    before = served["long"].tokenize("FPS-16.").input_ids.shape[1]  # a start and an end token counted
    assert states.unread("red " * 80) == " ".join(["red"] * (80 - (60 - before)))


@pytest.mark.parametrize("text", [*PROMPTS, "„unten“", '"a" and “b”', "it's the dogs' house", 'an "open end', ""])
def test_quotes_are_found_as_in_training(text):
    assert quoted_in_serving(text) == quoted(text)


def test_the_null_condition_is_the_empty_text_without_the_fps_token(text_states):
    condition, null = text_states().conditions(["a ball", "a cube"])
    assert null["text_prompt_mask"].sum() == null["text_long_mask"].sum() == 4  # a start and an end token each
    assert not null["text_characters_mask"].any()
    assert {name: value.shape for name, value in null.items()} == {name: v.shape for name, v in condition.items()}


def test_tokens_are_as_many_as_the_longest_text_has_and_at_least_one(text_states):
    condition, _ = text_states().conditions(["a ball", 'says "AB"'])
    assert condition["text_prompt_mask"].any(axis=0).all()
    assert condition["text_characters_mask"].tolist() == [[False] * 3, [True] * 3]
    silent, _ = text_states().conditions(["a ball"])
    assert [silent[states_name(role)].shape[2] for role in ROLES] == [384, 128, 291]
    assert silent["text_characters"].shape == (1, 1, 291)


def test_a_prompt_is_encoded_once_while_it_is_remembered(text_states, graphs):
    calls = []
    plain = graphs["text_bytes"]
    graphs["text_bytes"] = lambda **inputs: calls.append(1) or plain(**inputs)
    states = text_states(keep=3)
    for prompt in ("a", "b", "a", "c", "a", "b"):
        states.conditions([f'"{prompt}"'])
    assert len(calls) == 4  # b was forgotten when c came; the null condition stays


def test_more_prompts_than_are_remembered_are_all_encoded(text_states):
    condition, _ = text_states(keep=2).conditions(["a", "b", "c", "a"])
    assert len(condition["text_prompt"]) == 4
