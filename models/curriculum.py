"""The paper's three pretraining stages at full scale, as typed values (Movie Gen Table 3). Imports no torch."""

from dataclasses import dataclass, replace
from functools import cached_property

from models.buckets import DURATIONS, STILL, Bucket, balanced, buckets_of
from models.recipes import BackboneConfig, DataMix, TrainingRecipe


@dataclass(frozen=True)
class Phase:
    """A span of a stage at one batch size.

    Attributes:
        iterations: Optimizer steps.
        batch_size: Global, in samples of the stage's largest bucket.
        gpus: That the paper gave it.
    """

    iterations: int
    batch_size: int
    gpus: int


@dataclass(frozen=True)
class FullStage:
    """One pretraining stage of the 30B model.

    Attributes:
        pixels: A side of a square sample; other aspect ratios have about its area.
        images_alone: Whether it trains on images alone.
        images_a_video: Image samples for each video sample, in joint stages.
        phases: In order.
        learning_rate, learning_rate_last: At the beginning, and after the last halving on a plateau.
        text_tokens: Of all text encoders together; the paper does not say: UL2 300, MetaCLIP 256, ByT5 100.
    """

    name: str
    pixels: int
    images_alone: bool
    phases: tuple[Phase, ...]
    learning_rate: float
    learning_rate_last: float
    images_a_video: float = 0.1
    text_tokens: int = 656

    @property
    def shares(self) -> int:
        """Into so many the tokens of every bucket divide, images too: the most ranks that can share a sample."""
        return 16 if self.pixels > 256 else 4

    @property
    def images(self) -> tuple[Bucket, ...]:
        """The image buckets."""
        return buckets_of(self.pixels, (STILL,), self.shares)

    @property
    def videos(self) -> tuple[Bucket, ...]:
        """The video buckets: five aspect ratios by five durations; none where images are alone."""
        return () if self.images_alone else buckets_of(self.pixels, DURATIONS, self.shares)

    @property
    def buckets(self) -> tuple[Bucket, ...]:
        """Videos, then images."""
        return (*self.videos, *self.images)

    @cached_property
    def largest(self) -> Bucket:
        """The square bucket of the most tokens: the one that batch sizes are named for."""
        return max((bucket for bucket in self.buckets if bucket.aspect == "1:1"), key=lambda bucket: bucket.tokens)

    def batches(self, phase: Phase, multiple: int = 1) -> tuple[int, ...]:
        """Samples a step of each bucket, balanced in tokens, in multiples of ``multiple``."""
        return balanced([bucket.tokens for bucket in self.buckets], phase.batch_size, multiple)

    def weights(self, batches: tuple[int, ...]) -> tuple[float, ...]:
        """Probability that a step takes each bucket.

        Video buckets are equally likely (their true shares are not published), image buckets too, and together as
        likely as makes ``images_a_video`` image samples for each video sample.
        """
        if self.images_alone:
            return (1 / len(batches),) * len(batches)
        videos, images = len(self.videos), len(self.images)
        a_video_step = sum(batches[:videos]) / videos
        an_image_step = sum(batches[videos:]) / images
        odds = self.images_a_video * a_video_step / an_image_step
        return (1 / videos / (1 + odds),) * videos + (odds / images / (1 + odds),) * images

    def fitted(self, model: BackboneConfig) -> BackboneConfig:
        """The model with position tables that hold every bucket of the stage."""
        grids = [bucket.grid for bucket in self.buckets]
        sizes = (max(have, *wanted) for have, wanted in zip(model.positions, zip(*grids, strict=True), strict=True))
        time, height, width = sizes
        return replace(model, positions=(time, height, width))

    def recipe(
        self,
        phase: Phase,
        model: BackboneConfig,
        data: tuple[DataMix, ...],
        validation: tuple[DataMix, ...],
        *,
        world_size: int,
        init: str | None = None,
        learning_rate: float | None = None,
    ) -> TrainingRecipe:
        """The recipe of one phase, to be launched: from the stage's first learning rate down to its last, by halves.

        What the paper does not publish is an assumption: bf16, a tenth of captions dropped, weight decay 0.1, warm-up
        of 1,000 steps.

        Args:
            phase: Of this stage.
            model: Its position tables grow to hold the stage.
            data: Weights are of samples: ``images_a_video`` for all images, where all videos have 1.
            validation: Groups whose held-out samples are looked at.
            world_size: Ranks.
            init: Folder of the weights to start from: of the stage, or the phase, before.
            learning_rate: The last one of the phase before (in its ``metrics.jsonl``), from which a later one goes on.

        Raises:
            ValueError: A later phase of a stage whose rate falls, without that.
        """
        if learning_rate is None:
            if phase != self.phases[0] and self.learning_rate_last < self.learning_rate:
                raise ValueError(
                    f"{self.name} goes on at the rate that its phase before ended with: give the last learning_rate of "
                    "that phase's metrics.jsonl"
                )
            learning_rate = self.learning_rate
        return TrainingRecipe(
            name=self.name,
            method="video",
            model=self.fitted(model),
            data=data,
            validation=validation,
            init=init,
            steps=phase.iterations,
            batch_size=phase.batch_size,
            token_balance=world_size,
            learning_rate=learning_rate,
            schedule="plateau",
            learning_rate_last=self.learning_rate_last,
            warmup=1_000,
            weight_decay=0.1,
            ema_decay=0.9999,
            precision="bf16-true",
            world_size=world_size,
            checkpoint_every=1_000,
        )


# Phases of 768 pixels: the paper gives 74.5K iterations, 73.8M samples and both batch sizes, which make these lengths.
STAGES = {
    stage.name: stage
    for stage in (
        FullStage("image-256", 256, True, (Phase(210_000, 9_216, 1_536),), 1e-4, 1e-4),
        FullStage("joint-256", 256, False, (Phase(123_000, 1_536, 3_072), Phase(62_000, 3_072, 6_144)), 6e-5, 6e-5),
        FullStage("joint-768", 768, False, (Phase(34_800, 1_536, 6_144), Phase(39_700, 512, 6_144)), 6e-5, 1e-5),
    )
}
