"""Sizes of the contrastive model, and of what it looks at and reads."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "weights"  # of the model that is committed
WEIGHTS = "contrastive.safetensors"
GRAPH = "video.onnx"  # of the video tower, without weights
SIDE = 64  # pixels
FRAMES = 8  # of a longer clip, evenly
TOKENS = 256  # of a text; the rest is cut


@dataclass(frozen=True)
class ContrastiveConfig:
    """Sizes of both towers.

    Attributes:
        channels: Of the video tower's two convolution stages, at a quarter and an eighth of the picture's side.
        width: Of both towers' transformers, and of the text tower's token states.
        heads: Of each attention.
        video_layers, text_layers: Transformer layers of each tower.
        text_dim: Of the token states that the text tower reads.
        dim: Of the joint space.
    """

    channels: tuple[int, int] = (64, 128)
    width: int = 128
    heads: int = 4
    video_layers: int = 2
    text_layers: int = 1
    text_dim: int = 384
    dim: int = 256

    def as_json(self) -> dict[str, Any]:
        """A JSON value."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ContrastiveConfig":
        """The configuration that ``as_json`` wrote."""
        return cls(**{**value, "channels": tuple(value["channels"])})
