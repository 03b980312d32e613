"""Recipes: every number of the pipeline, as Python functions that return a dataclass tree. Imports no torch.

Three profiles: ``smoke`` (tests: seconds a stage), ``demo`` (two laptop cores, ten minutes or more) and
``full`` (two laptop cores, overnight). A default is written once, here.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from models.autoencoder_recipe import LATENT_CHANNELS, STARTER, AutoencoderConfig, AutoencoderRecipe
from models.averaging_recipe import AveragingRecipe
from models.corpus_recipe import CorpusSize, CorpusWorld
from models.student_recipe import StudentRecipe
from models.text.config import TextConfig

FPS = 16
SAMPLE_RATE = 48_000
AUDIO_CHANNELS = 128
AUDIO_RATE = 25  # latent frames a second: hop 1920
REFERENCE_SIZE = 64  # pixels a side of the personalization reference
KNOWN_MASKS = 2  # channels that say what of a latent frame is known

Split = Literal["train", "validation"]
Schedule = Literal["constant", "cosine", "plateau"]


@dataclass(frozen=True)
class CodecConfig:
    """Audio codec widths (48 kHz mono, 25 Hz, 128 channels; the role of DAC-VAE in Movie Gen 6)."""

    width: int = 256
    blocks: int = 2
    latent_channels: int = AUDIO_CHANNELS


@dataclass(frozen=True)
class CodecRecipe:
    """One-process training of the audio codec."""

    model: CodecConfig = field(default_factory=CodecConfig)
    steps: int = 300
    batch_size: int = 16
    seconds: float = 1.0
    learning_rate: float = 1e-3
    kl_weight: float = 1e-4
    spectrum_weight: float = 0.5
    checkpoint_every: int = 100
    seed: int = 0


@dataclass(frozen=True)
class BackboneConfig:
    """Joint image/video flow-matching transformer (Movie Gen 3.1.3).

    Attributes:
        layers, width, ffn, heads: The LLaMa3-like block's sizes.
        text: Whose states the cross-attention reads.
        positions: Entries of the learned tables in time, height and width (in patches).
        source: Whether the latent of an input video is concatenated on channels (editing).
        reference: Whether tokens of a reference image join the text tokens (personalization).
        span: Whether it is told how far its step goes (few-step students).
        known: Whether frames that are known beforehand are concatenated on channels, with two masks of them
            (``models.backbone.known``).
    """

    layers: int = 6
    width: int = 192
    ffn: int = 512
    heads: int = 4
    latent_channels: int = LATENT_CHANNELS
    text: TextConfig = field(default_factory=TextConfig)
    patch: int = 2
    positions: tuple[int, int, int] = (8, 4, 4)
    source: bool = False
    reference: bool = False
    span: bool = False
    known: bool = False

    @property
    def input_channels(self) -> int:
        """Channels that the patch embedding reads: the noised latent's and those of conditions beside it."""
        known = self.latent_channels + KNOWN_MASKS if self.known else 0
        return self.latent_channels * (2 if self.source else 1) + known


STARTER_BACKBONE = BackboneConfig(layers=6, width=256, ffn=704, heads=4, positions=(8, 7, 7))
"""Sizes of the packaged starter: 7.3 million weights, 14.6 MB in bfloat16."""


@dataclass(frozen=True)
class AudioConfig:
    """Video-to-audio flow-matching transformer (Movie Gen 6): a plain DiT with frame-wise video conditions."""

    layers: int = 4
    width: int = 192
    ffn: int = 768
    heads: int = 4
    audio_channels: int = AUDIO_CHANNELS
    video_channels: int = 4 * LATENT_CHANNELS  # latents pooled to 2x2
    text: TextConfig = field(default_factory=TextConfig)
    positions: int = 400  # audio latent frames


@dataclass(frozen=True)
class DataMix:
    """A share of the training data: one group of one latent index.

    Attributes:
        index: Path of an ``index.json`` that ``models.training.shards`` reads.
        group: Group name in it (``image-low``, ``video-low``, ``video-high``, ``personalization``, ...).
        weight: Its share of the samples that are drawn, relative to the others'.
    """

    index: str
    group: str
    weight: float = 1.0


@dataclass(frozen=True)
class TrainingRecipe:
    """One launched training: what, from where, on what, how long.

    Attributes:
        method: Which objective and model family (``models.training.methods``).
        init: Folder of an earlier model (``model.safetensors``, ``config.json``) to start from; None starts at random.
            Position tables grow; new conditions start at zero, so step 0 equals the earlier model.
        changes: What is added to those weights: what the packaged network for known frames differs in from the packaged
            backbone (``known``), or nothing.
        batch_size: Global, over all ranks.
        token_balance: None: every bucket's batches are of that size. A number: the largest bucket's are; the others'
            are multiples of this number, with about as many tokens (``models.buckets.balanced``).
        schedule: Learning rate after warm-up (``models.training.schedule``).
        position_rate: Learning rate of the position tables, as a multiple of that of everything else: what a table that
            has grown repeats is far from what it has to say, and there are few numbers to learn.
        learning_rate_last: Where halvings on a plateau end.
        plateau_patience: Validations in a row without an improvement, at which the rate is halved; there is one every
            ``checkpoint_every`` steps.
        plateau_improvement: What counts as an improvement, as a share of the best validation loss.
        caption_dropout: Probability that a caption is replaced by the empty one.
        recomputed_blocks: How many blocks, from the first, keep only their inputs for the backward pass and run
            again in it: less memory, more time, the same numbers.
        world_size: Ranks.
        strategy: How they share weights, gradients and optimizer state (``models.training.sharding``).
        ulysses, context, tensor: How many of them work on the same samples, and how (``models.parallel.Layout``);
            ``tensor`` needs ``fsdp2``.
        patience: Steps in a row whose loss or gradient is not finite, before the training goes back to a checkpoint.
        rollbacks: How often it may go back before it gives up.
        spike_window: Losses that a loss is compared with.
        spike_deviations: Robust standard deviations above their median, from which on it is reported as a spike.
    """

    name: str
    method: Literal["video", "known", "audio"]
    model: BackboneConfig | AudioConfig
    data: tuple[DataMix, ...]
    validation: tuple[DataMix, ...]
    init: str | None = None
    changes: Literal["known"] | None = None
    steps: int = 100
    batch_size: int = 16
    token_balance: int | None = None
    learning_rate: float = 1e-3
    schedule: Schedule = "constant"
    position_rate: float = 1.0
    learning_rate_last: float = 0.0
    plateau_patience: int = 3
    plateau_improvement: float = 1e-3
    warmup: int = 10
    weight_decay: float = 0.01
    caption_dropout: float = 0.1
    ema_decay: float = 0.99
    precision: Literal["32-true", "bf16-true"] = "32-true"
    recomputed_blocks: int = 0
    world_size: int = 2
    strategy: Literal["zero3", "fsdp2"] = "zero3"
    ulysses: int = 1
    context: int = 1
    tensor: int = 1
    checkpoint_every: int = 50
    patience: int = 3
    rollbacks: int = 2
    spike_window: int = 64
    spike_deviations: float = 8.0
    seed: int = 0

    @property
    def replica(self) -> int:
        """Ranks that work on the same samples."""
        return self.ulysses * self.context * self.tensor


@dataclass(frozen=True)
class Stage:
    """The numbers of one launched stage that differ between profiles."""

    steps: int
    batch_size: int
    learning_rate: float
    schedule: Schedule = "constant"
    seed: int = 0
    group_weights: tuple[tuple[str, float], ...] = ()
    learning_rate_last: float = 0.0
    position_rate: float = 1.0


@dataclass(frozen=True)
class Profile:
    """How much every stage does. ``size_low`` and ``sizes_high`` are (height, width) in pixels.

    Attributes:
        backbone_init: What a run starts from where there is no champion: the packaged starter; None: it always
            starts from random weights.
        rates: Frames a second that the model is trained at, told apart by the FPS token: the usual first; every fourth
            video of the corpus is shown at the second.
        upsampler: What the films of the served model are enlarged by: the packaged starter, or None for plain resizing.
        student: How the averaged model is distilled into a few steps.
        variants: Lighter variants of the served graphs, beside the full ones (``models.export.variants``).
        averaging: How the finetunes become one model.
    """

    name: Literal["smoke", "demo", "full"]
    corpus: CorpusSize
    world: CorpusWorld
    autoencoder: AutoencoderRecipe
    codec: CodecRecipe
    backbone: BackboneConfig
    audio_model: AudioConfig
    image_low: Stage
    joint_low: Stage
    joint_high: Stage
    finetunes: tuple[tuple[str, Stage], ...]
    personalization: Stage
    editing: Stage
    image_to_video: Stage
    audio: Stage
    size_low: tuple[int, int] = (64, 64)
    sizes_high: tuple[tuple[int, int], ...] = ((96, 96), (64, 112), (112, 64), (80, 112), (112, 80))
    frames_low: int = 32
    frames_high: int = 64
    rates: tuple[int, ...] = (FPS,)
    evaluation_prompts: int = 20
    evaluation_seeds: int = 1
    sampling_steps: int = 25
    backbone_init: Literal["starter"] | None = None
    upsampler: Literal["starter"] | None = "starter"
    student: StudentRecipe = field(default_factory=StudentRecipe)
    variants: tuple[Literal["fp16", "int8"], ...] = ("fp16", "int8")
    averaging: AveragingRecipe = field(default_factory=AveragingRecipe)


SILHOUETTES = (
    *("robot", "alien", "frog", "slime", "cube monster", "ladybug", "mouse", "bee"),
    *("fish", "spaceship", "shuttle", "car", "tank", "ball", "saw blade", "coin"),
    *("meteor", "star", "key", "ladder", "door", "flag", "cactus", "mushroom"),
)
"""Two dozen kinds that stand by themselves, and that are told apart by their outlines at 64 pixels in any colour."""

FINETUNES = ("footage_rich", "long_cosine", "low_rate")


def demo() -> Profile:
    """About ten minutes on two laptop cores with AVX-512, longer without, install excluded."""
    return Profile(
        name="demo",
        corpus=CorpusSize(videos_high=192),
        world=CorpusWorld(
            kinds=SILHOUETTES,
            sizes=("big",),
            motions=("still", "left", "right", "rise", "fall", "bounce", "jump", "spin"),
            backgrounds=("plain", "plain", "plain", "gradient"),
            edits=("recolour", "replace", "background", "remove"),
        ),
        # Latents stay what they are: the starter backbone, its student and its model of known frames read them.
        autoencoder=AutoencoderRecipe(
            model=STARTER,
            init="starter",
            trains="decoder",
            steps=40,
            learning_rate=3e-4,
            gradient_weight=0.5,
            precision="bf16-mixed",
        ),
        codec=CodecRecipe(steps=120),
        # Wider, taller and longer than the low size; things are as large: the starter knows them by their pixels.
        sizes_high=((64, 64), (64, 112), (112, 64), (64, 80), (80, 64)),
        backbone=STARTER_BACKBONE,
        backbone_init="starter",
        rates=(FPS, 24),
        audio_model=AudioConfig(),
        # The starter knows this corner: rates and lengths are such that nothing is forgotten.
        image_low=Stage(20, 32, 1e-5),
        joint_low=Stage(40, 16, 1e-5),
        joint_high=Stage(60, 8, 1e-5, "cosine", group_weights=(("video-low", 0.3),)),
        finetunes=(
            ("footage_rich", Stage(20, 8, 1e-5, "cosine", 1, (("video-footage", 0.3),))),
            ("long_cosine", Stage(28, 8, 1e-5, "cosine", 2)),
            ("low_rate", Stage(20, 8, 3e-6, "cosine", 3)),
        ),
        personalization=Stage(50, 8, 3e-4, "cosine"),
        editing=Stage(50, 8, 3e-4, "cosine"),
        image_to_video=Stage(50, 8, 1e-4, "cosine"),
        audio=Stage(100, 8, 3e-3),
    )


def smoke() -> Profile:
    """Every stage for a few steps, for tests of the graph: nothing good comes out."""
    big = demo()

    def few(stage: Stage) -> Stage:  # at a rate meant for many steps the loss ends above its start
        return replace(stage, steps=2, batch_size=4, learning_rate=min(stage.learning_rate, 1e-3))

    return replace(
        big,
        name="smoke",
        corpus=CorpusSize(images=64, videos=12, videos_high=6, validation=6, pairs=8, pairs_high=3, sounds=8),
        autoencoder=AutoencoderRecipe(model=AutoencoderConfig(base_width=8), steps=3, batch_size=2),
        codec=replace(big.codec, model=CodecConfig(width=64, blocks=1), steps=3, batch_size=4),
        backbone=replace(big.backbone, layers=2, width=32, ffn=64, heads=2, positions=BackboneConfig.positions),
        backbone_init=None,
        upsampler=None,
        sizes_high=big.sizes_high[:3],
        audio_model=replace(big.audio_model, layers=1, width=32, ffn=64, heads=2),
        # Enough to beat an untrained network and shuffled captions for sure: promotion asks for both.
        image_low=Stage(80, 16, 4e-3),
        joint_low=Stage(60, 8, 4e-3),
        joint_high=few(replace(big.joint_high, position_rate=50.0)),  # its tables grow there
        finetunes=tuple((name, few(stage)) for name, stage in big.finetunes),
        personalization=few(big.personalization),
        editing=few(big.editing),
        image_to_video=few(big.image_to_video),
        audio=few(big.audio),
        student=StudentRecipe(paths=6, held_out=3, rank=4, steps=2, batch=2),
        variants=("int8",),
        averaging=AveragingRecipe(
            ways=("uniform", "weighted", "greedy"),
            weights=tuple((name, float(number)) for number, name in enumerate(FINETUNES, 1)),
            measure="checkers",
            prompts=2,
        ),
        sampling_steps=2,
        evaluation_prompts=4,
    )


def full() -> Profile:
    """Ten times the demo: an overnight run on the same two cores."""
    base = demo()

    def more(stage: Stage) -> Stage:
        longer = replace(stage, steps=stage.steps * 10)
        if stage.schedule != "constant":
            return longer
        return replace(longer, schedule="plateau", learning_rate_last=stage.learning_rate / 8)

    text = replace(base.backbone.text, long=replace(base.backbone.text.long, length=96))  # for long captions
    return replace(
        base,
        name="full",
        sizes_high=Profile.sizes_high,
        corpus=CorpusSize(4096, 4096, 1024, 64, 1024, 256, 1024),
        world=replace(
            base.world,
            kinds=(),
            sizes=("medium", "big"),
            backgrounds=("plain", "gradient", "layered"),
            edits=("recolour", "replace", "add", "remove", "background", "style", "motion"),
            objects=(1, 2),
            own_colours=0.25,
            people=0.1,
            meetings=0.3,
            wander=1.0,
            long_captions=0.3,
        ),
        autoencoder=replace(base.autoencoder, trains="all", steps=base.autoencoder.steps * 10),
        backbone=replace(base.backbone, text=text),
        audio_model=replace(base.audio_model, text=text),
        codec=replace(base.codec, steps=base.codec.steps * 10),
        # The whole world is far more than the starter has seen: rates and lengths as for a model that is new to it.
        image_low=Stage(3600, 32, 2e-3),
        joint_low=Stage(6000, 16, 2e-3),
        joint_high=Stage(1000, 8, 2e-3, "cosine"),
        finetunes=tuple(
            (name, more(replace(stage, learning_rate=30 * stage.learning_rate))) for name, stage in base.finetunes
        ),
        personalization=more(base.personalization),
        editing=more(base.editing),
        image_to_video=more(replace(base.image_to_video, learning_rate=3e-4)),
        audio=more(base.audio),
        averaging=AveragingRecipe(measure="checkers", prompts=48),
        student=replace(base.student, paths=10 * base.student.paths, steps=10 * base.student.steps),
        evaluation_seeds=4,
        sampling_steps=50,
    )


PROFILES = {"smoke": smoke, "demo": demo, "full": full}
