"""MiniLM, a six-layer BERT, as one plain module: no transformers import, and a graph that exports as it stands.

Shapes: B batch, L tokens, D width (384), M heads, E head width.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from models.files import read_json

LAYERS = 3  # of 6


@dataclass(frozen=True)
class MiniLMConfig:
    """The part of BERT's configuration that its computation depends on."""

    vocab_size: int
    hidden_size: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    layer_norm_eps: float


class MiniLMLayer(nn.Module):
    """Post-norm self-attention and GELU feed-forward, with biases (BERT)."""

    def __init__(self, config: MiniLMConfig) -> None:
        super().__init__()
        width = config.hidden_size
        self.heads = config.num_attention_heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.attention_norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.up = nn.Linear(width, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, width)
        self.output_norm = nn.LayerNorm(width, eps=config.layer_norm_eps)

    def forward(self, x_BLD: Tensor, mask_B11L: Tensor) -> Tensor:
        """States after this layer [B, L, D]."""
        query, key, value = (
            projection(x_BLD).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection in (self.query, self.key, self.value)
        )
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask_B11L)
        x_BLD = self.attention_norm(x_BLD + self.out(seen.transpose(1, 2).flatten(2)))
        return self.output_norm(x_BLD + self.down(nn.functional.gelu(self.up(x_BLD))))


class MiniLM(nn.Module):
    """Token states of all-MiniLM-L6-v2 after half of its layers, each normalised to zero mean and unit variance.

    The upper layers pull all tokens of a text towards one sentence embedding: a transformer that reads them learns
    which word is meant much later than from the third layer, whose states know their context and are still of their
    own word. Raw states have an arbitrary scale; what reads them is a linear map that likes unit inputs. States of
    padding are zero, so that they store and compare well.

    Args:
        config: The published sizes.
        layers: How many layers to run.
    """

    def __init__(self, config: MiniLMConfig, layers: int = LAYERS) -> None:
        super().__init__()
        width = config.hidden_size
        self.words = nn.Embedding(config.vocab_size, width)
        self.positions = nn.Embedding(config.max_position_embeddings, width)
        self.segment_D = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width, eps=config.layer_norm_eps)
        self.layers = nn.ModuleList(MiniLMLayer(config) for _ in range(layers))

    def forward(self, input_ids_BL: Tensor, attention_mask_BL: Tensor) -> Tensor:
        """States float32 [B, L, 384].

        Args:
            input_ids_BL: Token ids, int64.
            attention_mask_BL: 1 (or True) where a token is real, int64 or bool; at least one a row.
        """
        x_BLD = self.raw_states(input_ids_BL, attention_mask_BL)
        states_BLD = nn.functional.layer_norm(x_BLD, x_BLD.shape[-1:])
        return states_BLD * attention_mask_BL.unsqueeze(-1).to(states_BLD.dtype)

    def raw_states(self, input_ids_BL: Tensor, attention_mask_BL: Tensor) -> Tensor:
        """The hidden states as the published model gives them, those of padding undefined."""
        places_L = torch.arange(input_ids_BL.shape[1], device=input_ids_BL.device)
        x_BLD = self.norm(self.words(input_ids_BL) + self.positions(places_L) + self.segment_D)
        mask_B11L = attention_mask_BL.bool()[:, None, None, :]
        for layer in self.layers:
            x_BLD = layer(x_BLD, mask_B11L)
        return x_BLD


_LAYER_NAMES = {
    "attention.self.query": "query",
    "attention.self.key": "key",
    "attention.self.value": "value",
    "attention.output.dense": "out",
    "attention.output.LayerNorm": "attention_norm",
    "intermediate.dense": "up",
    "output.dense": "down",
    "output.LayerNorm": "output_norm",
}


def load_minilm(folder: Path, layers: int = LAYERS) -> MiniLM:
    """The first ``layers`` of the encoder whose published weights lie in ``folder``, in evaluation mode and frozen."""
    fields = read_json(folder / "config.json")
    config = MiniLMConfig(**{name: fields[name] for name in MiniLMConfig.__dataclass_fields__})
    published = load_file(folder / "model.safetensors")
    embeddings = {
        "words.weight": published["embeddings.word_embeddings.weight"],
        "positions.weight": published["embeddings.position_embeddings.weight"],
        "segment_D": published["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": published["embeddings.LayerNorm.weight"],
        "norm.bias": published["embeddings.LayerNorm.bias"],
    }
    stacked = {
        f"layers.{layer}.{name}.{part}": published[f"encoder.layer.{layer}.{bert}.{part}"]
        for layer in range(layers)
        for bert, name in _LAYER_NAMES.items()
        for part in ("weight", "bias")
    }
    with torch.device("meta"):
        model = MiniLM(config, layers)
    model.load_state_dict(embeddings | stacked, assign=True)
    return model.eval().requires_grad_(False)
