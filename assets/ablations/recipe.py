"""What is compared: arms that differ from ours in one thing each, finetunes of ours, and the numbers that all share."""

from dataclasses import asdict, dataclass, replace
from typing import Literal

from assets.code_version import code_version
from assets.evaluation import sight
from models.files import sha256_file, sha256_json
from models.recipes import BackboneConfig, CorpusWorld, demo
from models.starter import AUTOENCODER, WEIGHTS

Objective = Literal["flow", "v-cosine", "v-linear"]


@dataclass(frozen=True)
class Arm:
    """A training from random weights.

    Attributes:
        name: Of its cells.
        objective: Flow matching, or diffusion with the v target on a cosine or linear schedule.
        block: Ours, or that of DiT with equal operations a token or with equal weights of the network.
        positions: Added before every layer or before the first only.
        order: Images alone first and then both, or the same batches mixed from the start.
    """

    name: str
    objective: Objective = "flow"
    block: Literal["llama", "dit-operations", "dit-weights"] = "llama"
    positions: Literal["every", "first"] = "every"
    order: Literal["images-first", "mixed"] = "images-first"


@dataclass(frozen=True)
class Finetune:
    """A further training of ours, at a rate that falls as a cosine.

    Attributes:
        name: Of its cells.
        learning_rate: At its start.
        images: Share of the batches that hold images.
        seed: Of its batches and noise, with that of the model it starts from.
    """

    name: str
    learning_rate: float
    images: float
    seed: int


OURS = Arm("ours")
ARMS = (
    OURS,
    Arm("v-cosine", objective="v-cosine"),
    Arm("v-linear", objective="v-linear"),
    Arm("dit-operations", block="dit-operations"),
    Arm("dit-weights", block="dit-weights"),
    Arm("first-positions", positions="first"),
    Arm("joint", order="mixed"),
)
FINETUNES = (
    Finetune("finetune-mixed", 1e-3, 0.25, 1),
    Finetune("finetune-videos", 1e-3, 0.0, 2),
    Finetune("finetune-low-rate", 5e-4, 0.0, 3),
)
RATED = tuple(arm for arm in ARMS if arm.name in {"ours", "v-cosine", "dit-operations"})
RATES = (2.5e-3, 1e-2)
"""Learning rates that those arms are also trained with, for the first seed: the shared one may not suit all."""

_CORNER = replace(
    demo().world,
    kinds=("robot", "fish", "spaceship", "car", "ball", "star", "cactus", "mushroom"),
    motions=("still", "left", "right", "rise", "fall"),
    backgrounds=("plain",),
    own_colours=0.0,
    wander=0.0,
    long_captions=0.0,
)
_MODEL = BackboneConfig(layers=4, width=160, ffn=432, heads=2)
AVERAGE, BEST, REAL = "average", "best finetune", "real"


@dataclass(frozen=True)
class Trial:
    """An arm at another learning rate."""

    arm: Arm
    learning_rate: float

    @property
    def name(self) -> str:
        """Of its cell."""
        return f"{self.arm.name} at {self.learning_rate:g}"


@dataclass(frozen=True)
class Recipe:
    """Numbers that all cells share.

    Attributes:
        world: A corner of the demo's corner that is small enough for so few steps.
        images, videos: How many are encoded for training.
        held_out: Validation videos; finetunes are chosen by the first half of them, and losses told of the second.
        prompts: Sampled and judged for each cell, others for each seed.
        steps, image_steps: Of a training, and on images alone at its start.
        every: Each so manieth batch after those holds images, the others videos.
        finetune_steps: Of each finetune.
        settling: Share of the steps, the last ones, over which the rate falls.
        sampling_steps, guidance: Of every sampler.
    """

    model: BackboneConfig = _MODEL
    world: CorpusWorld = _CORNER
    images: int = 1024
    videos: int = 1024
    held_out: int = 128
    prompts: int = 64
    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 320
    image_steps: int = 80
    every: int = 4
    finetune_steps: int = 80
    image_batch: int = 32
    video_batch: int = 24
    learning_rate: float = 5e-3
    warmup: int = 20
    settling: float = 0.3
    caption_dropout: float = 0.1
    ema_decay: float = 0.98
    sampling_steps: int = 25
    guidance: float = 3.0
    checkpoint_every: int = 80

    @property
    def digest(self) -> str:
        """Twelve hex digits that change with any number or arm, what trains and judges, or with weights of that."""
        numbers = [asdict(part) for part in (self, *ARMS, *FINETUNES)]
        judges = [sha256_file(path) for path in sight.WEIGHTS]
        return sha256_json([numbers, self.shown, code_version("assets.ablations.cells"), judges])[:12]

    @property
    def shown(self) -> str:
        """Twelve hex digits that change with what is encoded, and with what encodes it."""
        by = code_version("assets.starter.latents"), sha256_file(AUTOENCODER / WEIGHTS)
        return sha256_json([asdict(self.world), asdict(self.model.text), by])[:12]


def images_at(recipe: Recipe, order: Literal["images-first", "mixed"]) -> list[bool]:
    """Whether each step's batch holds images. Both orders have equally many of both kinds, so equal operations."""
    first = [
        step < recipe.image_steps or (step - recipe.image_steps) % recipe.every == 0 for step in range(recipe.steps)
    ]
    return first if order == "images-first" else spread(recipe.steps, sum(first))


def spread(steps: int, images: int) -> list[bool]:
    """Whether each step's batch holds images, when they come as evenly as can be."""
    return [(step + 1) * images // steps > step * images // steps for step in range(steps)]
