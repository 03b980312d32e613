"""Adapters of published encoders, on small ones with random weights: nothing is fetched."""

import sys

import numpy as np
import pytest
import torch

from models.text.config import TextEncoderConfig
from models.text.encoders import load_encoder
from models.text.errors import TextEncoderDoesNotFit, TextEncoderMissing

transformers = pytest.importorskip("transformers")

TEXTS = ["a red ball", "", 'a sign that says "OPEN"']


def word_tokenizer(**special):
    """A tokenizer of a few words with an end token, as T5 and CLIP have one."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    words = ["<pad>", "</s>", "<unk>", "a", "red", "ball", "sign", "that", "says", "OPEN", '"']
    plain = Tokenizer(models.WordLevel({word: index for index, word in enumerate(words)}, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    plain.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", eos_token="</s>", unk_token="<unk>", **special
    )


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    torch.manual_seed(0)
    root = tmp_path_factory.mktemp("pretrained")
    sizes = {"d_model": 24, "d_kv": 6, "d_ff": 32, "num_layers": 2, "num_heads": 4}
    transformers.T5EncoderModel(transformers.T5Config(vocab_size=11, **sizes)).save_pretrained(root / "t5")
    transformers.T5EncoderModel(transformers.T5Config(vocab_size=384, **sizes)).save_pretrained(root / "byt5")
    clip = transformers.CLIPTextConfig(
        vocab_size=11,
        hidden_size=20,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=16,
        eos_token_id=1,
    )
    transformers.CLIPTextModel(clip).save_pretrained(root / "clip")
    for name in ("t5", "clip"):
        word_tokenizer().save_pretrained(root / name)
    return root


def config(folders, kind, **changes):
    fields = {"width": 20 if kind == "clip" else 24, "length": 12} | changes
    return TextEncoderConfig(kind, source=str(folders / kind), **fields)


@pytest.mark.parametrize("kind", ["t5", "clip", "byt5"])
def test_states_are_those_of_the_published_implementation(folders, kind):
    encoder = load_encoder(config(folders, kind))
    states, mask = encoder.encode(TEXTS)
    assert states.shape == (3, 12, encoder.width)
    assert mask.sum(1).tolist() == ([0, 0, 5] if kind == "byt5" else [4, 1, 8])
    name = "CLIPTextModel" if kind == "clip" else "T5EncoderModel"
    model = getattr(transformers, name).from_pretrained(folders / kind).eval()
    ids, _ = encoder.tokens(TEXTS)
    for row, real in enumerate(mask.sum(1)):
        if real:
            with torch.inference_mode():
                alone = model(input_ids=torch.from_numpy(ids[row : row + 1, :real])).last_hidden_state[0].numpy()
            np.testing.assert_allclose(states[row, :real], alone, rtol=0, atol=1e-5)
        assert not states[row, real:].any()


def test_width_and_length_must_be_those_of_the_weights(folders):
    with pytest.raises(TextEncoderDoesNotFit, match="24 wide: configure width=24"):
        load_encoder(config(folders, "t5", width=32))
    with pytest.raises(TextEncoderDoesNotFit, match="reads 16 tokens: configure length <= 16"):
        load_encoder(config(folders, "clip", length=40))


def test_a_source_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TextEncoderMissing, match=r"nowhere.*put its folder on this machine"):
        load_encoder(TextEncoderConfig("t5", 24, 12, str(tmp_path / "nowhere")))
    with pytest.raises(TextEncoderMissing, match="needs a source"):
        load_encoder(TextEncoderConfig("clip", 24, 12))


def test_a_missing_package_is_named_with_what_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(TextEncoderMissing, match=r"pip install -c constraints\.txt transformers"):
        load_encoder(TextEncoderConfig("t5", 24, 12, "google/ul2"))
