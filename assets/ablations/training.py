"""Training of one arm or finetune: its network, its objective and its batches, in one process."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from assets.ablations.recipe import Arm, Finetune, Objective, Recipe, images_at, spread
from assets.starter.latents import IMAGES, VIDEOS
from assets.starter.progress import teller
from models.precision import autocast
from models.recipes import DataMix

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from models.ablations.diffusion import Predict
    from models.backbone import Backbone
    from models.flow import VelocityFn
    from models.training.solo import Draw, Loss

_SEEDS = 10  # of batches and noise for each seed of a model: its own training's, and its finetunes'


class Law(Protocol):
    """An objective with the sampler that belongs to it."""

    def loss(self, predict: "Predict", latent: "Tensor", noise: "Tensor", generator: "torch.Generator") -> "Tensor":
        """What a step minimises, a scalar."""
        ...

    def sample(self, predict: "Predict", noise: "Tensor", steps: int) -> "Tensor":
        """Data from noise."""
        ...

    def velocity(self, predict: "Predict") -> "VelocityFn":
        """The velocity of the straight path that the model implies."""
        ...


class Flow:
    """Flow matching, sampled as the product samples it: Euler over the linear-quadratic schedule."""

    def loss(self, predict: "Predict", latent: "Tensor", noise: "Tensor", generator: "torch.Generator") -> "Tensor":
        """The flow loss at logit-normal times, a scalar."""
        from models.flow import flow_loss, logit_normal_times

        return flow_loss(predict, latent, logit_normal_times(len(latent), generator), noise)

    def sample(self, predict: "Predict", noise: "Tensor", steps: int) -> "Tensor":
        """The data that the flow carries ``noise`` to."""
        import torch

        from serving.sampling.sampler import Sampler

        def velocity(state: np.ndarray, time: float) -> np.ndarray:
            return predict(torch.from_numpy(state), torch.full((len(state),), time)).float().numpy()

        return torch.from_numpy(Sampler(steps=steps).sample(velocity, noise.numpy()))

    def velocity(self, predict: "Predict") -> "VelocityFn":
        """The model itself."""
        return predict


def law(objective: Objective) -> Law:
    """The objective of that name."""
    from models.ablations.diffusion import Diffusion, cosine, linear

    if objective == "flow":
        return Flow()
    return Diffusion(cosine() if objective == "v-cosine" else linear())


def network(arm: Arm, recipe: Recipe, seed: int) -> "Backbone":
    """The arm's network with the weights that it starts from."""
    import torch

    from models.ablations import blocks
    from models.backbone import Backbone

    torch.manual_seed(seed)
    if arm.block == "dit-operations":
        return blocks.DiTBackbone(recipe.model, blocks.hidden_of_equal_operations(recipe.model))
    if arm.block == "dit-weights":
        return blocks.DiTBackbone(recipe.model, blocks.hidden_of_equal_weights(recipe.model))
    return blocks.FirstLayerPositions(recipe.model) if arm.positions == "first" else Backbone(recipe.model)


def train_arm(arm: Arm, recipe: Recipe, seed: int, index: Path, folder: Path) -> "Backbone":
    """The arm's network, trained from where an earlier call was stopped."""
    from models.training.solo import Solo

    model = network(arm, recipe, seed)
    solo = Solo(
        model,
        loss_of(model, law(arm.objective), images_at(recipe, arm.order), recipe, seed * _SEEDS, index),
        folder,
        steps=recipe.steps,
        learning_rate=recipe.learning_rate,
        checkpoint_every=recipe.checkpoint_every,
        seed=seed * _SEEDS,
        warmup=recipe.warmup,
        settling=recipe.settling,
        ema_decay=recipe.ema_decay,
        progress=teller(),
    )
    solo.run()
    return model


def train_finetune(tune: Finetune, recipe: Recipe, seed: int, start: Path, index: Path, folder: Path) -> "Backbone":
    """The model in ``start``, trained further from where an earlier call was stopped."""
    from models.backbone import load_backbone
    from models.training.solo import Solo

    model, own = load_backbone(start), seed * _SEEDS + tune.seed
    still = spread(recipe.finetune_steps, round(tune.images * recipe.finetune_steps))
    solo = Solo(
        model,
        loss_of(model, Flow(), still, recipe, own, index),
        folder,
        steps=recipe.finetune_steps,
        learning_rate=tune.learning_rate,
        checkpoint_every=recipe.checkpoint_every,
        seed=own,
        progress=teller(),
    )
    solo.run()
    return model


def loss_of(model: "Backbone", objective: Law, still: Sequence[bool], recipe: Recipe, seed: int, index: Path) -> "Loss":
    """The loss of a step: of the next batch of images where ``still`` says so, else of the next one of videos."""
    import torch

    from models.training.batches import Batches
    from models.training.shards import open_shards
    from models.training.texts import text_of, with_dropped, without_padding

    sizes = {IMAGES: recipe.image_batch, VIDEOS: recipe.video_batch}
    batches = {group: Batches((DataMix(str(index), group),), size, seed) for group, size in sizes.items()}
    null = open_shards(index).null

    def loss(step: int, draw: "Draw") -> "dict[str, Tensor]":
        group = IMAGES if still[step % len(still)] else VIDEOS
        number = sum(one == (group == IMAGES) for one in still[:step])
        batch = without_padding(batches[group].batch(number, 0, 1))
        latent = batch.pop("latent")
        dropped = torch.rand(len(latent), generator=draw.torch) < recipe.caption_dropout
        text = text_of(with_dropped(batch, dropped, null))
        noise = torch.randn(latent.shape, generator=draw.torch)
        with autocast():
            error = objective.loss(lambda x, t: model(x, t, text), latent, noise, draw.torch)
        return {"loss": error, group: error.detach()}

    return loss
