"""How the models of a profile are sampled and served: one configuration for evaluation, export and promotion."""

from models.buckets import ASPECTS
from models.recipes import AUDIO_CHANNELS, AUDIO_RATE, LATENT_CHANNELS, SAMPLE_RATE, Profile
from models.text.config import CHAINS
from serving.config import ServingConfig, TextEncoderFacts
from serving.sampling.sampler import Sampler

_AUDIO_STEPS = 16


def serving_config(profile: Profile) -> ServingConfig:
    """The configuration that goes into the bundle, and that evaluation samples with."""
    return ServingConfig(
        fps=profile.rates[0],
        rates=profile.rates,
        sample_rate=SAMPLE_RATE,
        latent_channels=LATENT_CHANNELS,
        text={
            role: TextEncoderFacts(graphs=CHAINS[encoder.kind], width=encoder.width, length=encoder.length)
            for role, encoder in profile.backbone.text.encoders.items()
        },
        sizes={aspect_name(size): size for size in profile.sizes_high},
        max_frames=profile.frames_high,
        audio_channels=AUDIO_CHANNELS,
        audio_rate=AUDIO_RATE,
        audio_hop=SAMPLE_RATE // AUDIO_RATE,
        sampler=Sampler(steps=profile.sampling_steps),
        audio_sampler=Sampler(
            solver="midpoint", schedule="uniform", steps=min(_AUDIO_STEPS, profile.sampling_steps), guidance=3.0
        ),
    )


def aspect_name(size: tuple[int, int]) -> str:
    """The advertised aspect ratio nearest to (height, width) pixels."""
    ratio = size[1] / size[0]
    return min(ASPECTS, key=lambda name: abs(ASPECTS[name] - ratio))
