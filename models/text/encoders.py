"""Text encoders by their configuration: those that come with the repository, and those read through transformers."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tokenizers import Tokenizer
from torch import Tensor, nn

from models.text.config import (
    BYTE_WIDTH,
    CHAINS,
    CONTRASTIVE_WIDTH,
    MINILM_WIDTH,
    Kind,
    Role,
    TextConfig,
    TextEncoderConfig,
)
from models.text.encoder import FrozenEncoder
from models.text.errors import TextEncoderDoesNotFit
from models.text.minilm import LAYERS, MiniLM, load_minilm
from models.text.pretrained import load_pretrained
from models.text.wheel import minilm_folder

_LONGEST = 256  # word pieces that the packaged encoders were trained with


class WordStates(nn.Module):
    """Token ids and mask, int64 [B, L] -> MiniLM's token states [B, L, 384].

    Attributes:
        vocabulary: Number of token ids.
    """

    def __init__(self, encoder: MiniLM) -> None:
        super().__init__()
        self.encoder = encoder
        self.vocabulary = encoder.words.num_embeddings

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The states."""
        return self.encoder(input_ids, attention_mask)


class ContrastiveStates(nn.Module):
    """MiniLM's token states [B, L, 384] and mask int64 [B, L] -> the contrastive text tower's states [B, L, 128]."""

    def __init__(self, tower: nn.Module) -> None:
        super().__init__()
        self.tower = tower

    def forward(self, states: Tensor, attention_mask: Tensor) -> Tensor:
        """The states."""
        return self.tower(states, attention_mask.bool())[1]


def load_encoder(config: TextEncoderConfig) -> FrozenEncoder:
    """The encoder of a configuration, on the CPU, in evaluation mode and frozen.

    Raises:
        TextModelMissing: Weights that come with the repository are not installed.
        TextEncoderMissing: Those of ``config.source`` cannot be had; the message says how they can.
        TextEncoderDoesNotFit: The encoder has another width than the configuration says, or reads fewer tokens.
    """
    return _LOADERS[config.kind](config)


def load_encoders(config: TextConfig) -> dict[Role, FrozenEncoder]:
    """The encoders by role. Raises as :func:`load_encoder`."""
    return {role: load_encoder(each) for role, each in config.encoders.items()}


def save_tokenizers(config: TextConfig, folder: Path) -> dict[str, Path]:
    """Write ``tokenizer-ROLE.json`` of each encoder that has one; the files by role. Raises as :func:`load_encoder`."""
    written = {
        role: encoder.save_tokenizer(folder / f"tokenizer-{role}.json")
        for role, encoder in load_encoders(config).items()
    }
    return {role: path for role, path in written.items() if path is not None}


def _minilm(config: TextEncoderConfig) -> FrozenEncoder:
    folder = minilm_folder()
    _check(config, MINILM_WIDTH)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    graphs = dict(zip(CHAINS["minilm"], (WordStates(load_minilm(folder)),), strict=True))
    return FrozenEncoder(f"all-MiniLM-L6-v2, layer {LAYERS}", config, tokenizer, graphs)


def _contrastive(config: TextEncoderConfig) -> FrozenEncoder:
    from models.contrastive.storage import load_model

    _check(config, CONTRASTIVE_WIDTH)
    folder = minilm_folder()
    model, _ = load_model()
    modules = (WordStates(load_minilm(folder)), ContrastiveStates(model.text))
    graphs = dict(zip(CHAINS["contrastive"], modules, strict=True))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    return FrozenEncoder("contrastive model of the sandbox world", config, tokenizer, graphs)


def _bytes(config: TextEncoderConfig) -> FrozenEncoder:
    from models.text.characters import ByteStates

    _check(config, BYTE_WIDTH)
    graphs = dict(zip(CHAINS["bytes"], (ByteStates(),), strict=True))
    return FrozenEncoder("bytes of quoted text", config, None, graphs)


def _pretrained(config: TextEncoderConfig) -> FrozenEncoder:
    tokenizer, module = load_pretrained(config)
    graphs = dict(zip(CHAINS[config.kind], (module,), strict=True))
    return FrozenEncoder(str(config.source), config, None if config.kind == "byt5" else tokenizer, graphs)


def _check(config: TextEncoderConfig, width: int) -> None:
    if config.width != width:
        raise TextEncoderDoesNotFit(f"states of the {config.kind} encoder are {width} wide: configure width={width}")
    if config.kind != "bytes" and config.length > _LONGEST:
        raise TextEncoderDoesNotFit(
            f"the {config.kind} encoder reads {_LONGEST} tokens: configure length <= {_LONGEST}"
        )


_LOADERS: Mapping[Kind, Callable[[TextEncoderConfig], FrozenEncoder]] = {
    "minilm": _minilm,
    "contrastive": _contrastive,
    "bytes": _bytes,
    "t5": _pretrained,
    "clip": _pretrained,
    "byt5": _pretrained,
}
