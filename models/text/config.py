"""Which text encoders a network reads, and the names of their tensors. Imports no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["prompt", "long", "characters"]
Kind = Literal["minilm", "contrastive", "bytes", "t5", "clip", "byt5"]

ROLES: tuple[Role, ...] = ("prompt", "long", "characters")
"""What the encoders are for, in the order in which a network takes their states."""

CHAINS: Mapping[Kind, tuple[str, ...]] = {
    "minilm": ("text_minilm",),
    "contrastive": ("text_minilm", "text_contrastive"),
    "bytes": ("text_bytes",),
    "t5": ("text_t5",),
    "clip": ("text_clip",),
    "byt5": ("text_byt5",),
}
"""Names of the graphs of each kind of encoder, in the order in which they are called."""

MINILM_WIDTH = 384
CONTRASTIVE_WIDTH = 128
BYTES = 259  # ids of ByT5: padding, end, unknown, and the 256 bytes
BYTE_WAVES = 16  # a sine and a cosine of each
BYTE_WIDTH = BYTES + 2 * BYTE_WAVES


@dataclass(frozen=True)
class TextEncoderConfig:
    """One frozen text encoder.

    Attributes:
        kind: How it is made (``models.text.encoders``): ``minilm``, ``contrastive`` and ``bytes`` come with the
            repository; ``t5`` (UL2 too), ``clip`` (MetaCLIP too) and ``byt5`` are read through ``transformers``.
        width: Of its token states.
        length: Tokens that a text is padded or cut to.
        source: Folder or hub name of the weights; None for those that come with the repository.
    """

    kind: Kind
    width: int
    length: int
    source: str | None = None


@dataclass(frozen=True)
class TextConfig:
    """The three text encoders of a network (Movie Gen 3.1.3).

    By default the tiny network's: there each token costs, and captions have 18 on average, so the long-prompt encoder
    reads the first 24 of up to 256.

    Attributes:
        prompt: Reads the prompt as text alone does (the role of UL2).
        long: Its states come from training against pictures (the role of long-prompt MetaCLIP).
        characters: Spells what stands in quotes (the role of ByT5).
    """

    prompt: TextEncoderConfig = TextEncoderConfig("minilm", MINILM_WIDTH, 40)
    long: TextEncoderConfig = TextEncoderConfig("contrastive", CONTRASTIVE_WIDTH, 24)
    characters: TextEncoderConfig = TextEncoderConfig("bytes", BYTE_WIDTH, 32)

    @property
    def encoders(self) -> dict[Role, TextEncoderConfig]:
        """The encoders by role, in the order of :data:`ROLES`."""
        return {"prompt": self.prompt, "long": self.long, "characters": self.characters}

    @property
    def length(self) -> int:
        """Tokens of all encoders together."""
        return sum(encoder.length for encoder in self.encoders.values())

    @property
    def mean_width(self) -> float:
        """Width of a token's state, over the tokens of all encoders."""
        return sum(encoder.length * encoder.width for encoder in self.encoders.values()) / self.length

    @classmethod
    def from_json(cls, value: Mapping[str, Mapping[str, Any]]) -> "TextConfig":
        """The configuration that ``dataclasses.asdict`` made into ``value``."""
        return cls(**{role: TextEncoderConfig(**value[role]) for role in ROLES})


def network_fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a ``BackboneConfig`` or an ``AudioConfig`` whose ``dataclasses.asdict`` went through JSON."""
    plain = {key: tuple(item) if isinstance(item, list) else item for key, item in value.items()}
    return plain | {"text": TextConfig.from_json(value["text"])}


def states_name(role: Role) -> str:
    """Name of an encoder's states in batches, shards and graphs."""
    return f"text_{role}"


def mask_name(role: Role) -> str:
    """Name of the mask beside them."""
    return f"text_{role}_mask"


TEXT_NAMES: tuple[str, ...] = tuple(name for role in ROLES for name in (states_name(role), mask_name(role)))
"""Names of all tensors of a text condition, states before their mask, in the order of :data:`ROLES`."""
