"""Published text encoders through ``transformers``: UL2 and T5, CLIP and MetaCLIP, ByT5.

Shapes: B batch, L tokens, D width.
"""

from typing import Any

from tokenizers import Tokenizer
from torch import Tensor, nn

from models.text.config import TextEncoderConfig
from models.text.errors import TextEncoderDoesNotFit, TextEncoderMissing

_CLASSES = {"t5": "T5EncoderModel", "byt5": "T5EncoderModel", "clip": "CLIPTextModel"}


class PretrainedStates(nn.Module):
    """Token ids and mask, int64 [B, L] -> last hidden states [B, L, D], zero at padding.

    Attributes:
        vocabulary: Number of token ids.
    """

    def __init__(self, encoder: nn.Module, vocabulary: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.vocabulary = vocabulary

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The states."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return states * attention_mask.unsqueeze(-1).to(states.dtype)


def load_pretrained(config: TextEncoderConfig) -> tuple[Tokenizer | None, PretrainedStates]:
    """Tokenizer and encoder of ``config.source``, a folder or a hub name; the former is None for ByT5.

    Raises:
        TextEncoderMissing: ``transformers`` is not installed, no source is named, or it cannot be read.
        TextEncoderDoesNotFit: Width or length are not those of the configuration.
    """
    try:
        import transformers
    except ImportError as error:
        raise TextEncoderMissing(
            f"the {config.kind} encoder is read through transformers, which is not installed: run "
            "`pip install -c constraints.txt transformers`"
        ) from error
    if config.source is None:
        raise TextEncoderMissing(
            f"the {config.kind} encoder needs a source: name a folder or a hub model in the recipe"
        )
    try:
        model = getattr(transformers, _CLASSES[config.kind]).from_pretrained(config.source)
        tokenizer = None if config.kind == "byt5" else _tokenizer(transformers, config.source)
    except (OSError, ValueError, KeyError) as error:
        raise TextEncoderMissing(
            f"{config.source} holds no {config.kind} encoder that can be read here ({error}): put its folder on this "
            "machine and name that, or unset HF_HUB_OFFLINE for a hub name"
        ) from error
    _check(config, model.config)
    module = PretrainedStates(model.eval().requires_grad_(requires_grad=False), int(model.config.vocab_size))
    return tokenizer, module


def _tokenizer(transformers: Any, source: str) -> Tokenizer:
    backend = getattr(transformers.AutoTokenizer.from_pretrained(source), "backend_tokenizer", None)
    if not isinstance(backend, Tokenizer):
        raise TextEncoderMissing(f"{source} has no fast tokenizer: convert it to a tokenizer.json first")
    return backend


def _check(config: TextEncoderConfig, found: Any) -> None:
    width = int(getattr(found, "hidden_size", 0) or found.d_model)
    if width != config.width:
        raise TextEncoderDoesNotFit(f"states of {config.source} are {width} wide: configure width={width}")
    longest = getattr(found, "max_position_embeddings", None)  # T5 has relative positions, and no limit
    if longest is not None and config.length > longest:
        raise TextEncoderDoesNotFit(f"{config.source} reads {longest} tokens: configure length <= {longest}")
