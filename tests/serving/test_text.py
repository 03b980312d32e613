import numpy as np

from models.text.tokens import prefixed, tokenize
from serving.text import TextStates, with_fps


class Encoder:
    def __init__(self):
        self.calls = 0

    def __call__(self, *, input_ids, attention_mask):
        self.calls += len(input_ids)
        return np.repeat(input_ids.astype(np.float32)[..., None], 384, axis=-1)


def test_prompts_are_read_exactly_as_training_reads_captions(tokenizer_file):
    states = TextStates(Encoder(), tokenizer_file, length=40, fps=16)
    prompts = ["A red circle moves right.", "très long " * 60, "x"]
    condition = states.prompts(prompts)
    ids, mask = tokenize([prefixed(prompt) for prompt in prompts])
    np.testing.assert_array_equal(condition["text"][..., 0], ids)
    np.testing.assert_array_equal(condition["text_mask"], mask)
    assert condition["text"].shape == (3, 40, 384)
    assert with_fps("x", 24) == prefixed("x", 24)


def test_the_null_condition_is_the_empty_text_without_the_fps_token(tokenizer_file):
    null = TextStates(Encoder(), tokenizer_file, length=40, fps=16).null(2)
    ids, mask = tokenize(["", ""])
    np.testing.assert_array_equal(null["text"][..., 0], ids)
    np.testing.assert_array_equal(null["text_mask"], mask)
    assert mask.sum() == 4  # a start and an end token each


def test_a_prompt_is_encoded_once_while_it_is_remembered(tokenizer_file):
    encoder = Encoder()
    states = TextStates(encoder, tokenizer_file, length=40, fps=16, keep=2)
    for prompt in ("a", "b", "a", "c", "a", "b"):
        states.prompts([prompt])
    assert encoder.calls == 4  # b was forgotten when c came


def test_more_prompts_than_are_remembered_are_all_encoded(tokenizer_file):
    states = TextStates(Encoder(), tokenizer_file, length=40, fps=16, keep=2)
    assert states.prompts(["a", "b", "c", "a"])["text"].shape == (4, 40, 384)
