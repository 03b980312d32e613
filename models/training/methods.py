"""Methods: what is trained, on which conditions. One for each family of networks; the training loop knows neither."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from models.flow import VelocityFn
from models.recipes import AudioConfig, BackboneConfig, TrainingRecipe
from models.starter import BACKBONE, KNOWN
from models.tensor_files import Entry
from models.text.config import TEXT_NAMES
from models.training.texts import Batch, text_of

_PICTURES = ("first", "last")  # latents of a clip's first and last picture, each encoded by itself

Content = Callable[[str], Iterator[Tensor]]
"""The numbers of a tensor by its name, in pieces."""


class Method(Protocol):
    """A family of flow-matching networks: how one is made, started, stored and called."""

    def build(self, config: Any) -> nn.Module:
        """A network at random."""
        ...

    def warm_start(self, network: Any, folder: Path) -> Callable[[str, Tensor], None]:
        """How to start the tensors of ``network``, by name, from the network in ``folder``."""
        ...

    def load(self, folder: Path) -> nn.Module:
        """The network in ``folder``."""
        ...

    def save(self, config: Any, entries: Mapping[str, Entry], content: Content, folder: Path) -> None:
        """Write ``model.safetensors`` and ``config.json``, holding what ``content`` gives of one tensor at a time."""
        ...

    def given(self, batch: Batch, latent: Tensor, chance_B2: Tensor) -> Batch:
        """The batch of a training step with conditions that are drawn: what of each clip itself is given.

        Args:
            batch: Conditions by name.
            latent: The clips.
            chance_B2: Two uniform numbers of each.
        """
        ...

    def velocity(self, network: nn.Module, batch: Batch) -> VelocityFn:
        """The network with the batch's conditions closed over."""
        ...

    def control(self, batch: Batch) -> tuple[str, ...]:
        """The condition whose exchange between samples should raise the loss, if the network has learned to use it."""
        ...


class Undrawn:
    """Conditions are the data's alone."""

    def given(self, batch: Batch, latent: Tensor, chance_B2: Tensor) -> Batch:
        """The batch as it is."""
        del latent, chance_B2
        return batch


class VideoMethod(Undrawn):
    """The image and video backbone, with a reference image or a source video where the data has them."""

    def build(self, config: BackboneConfig) -> nn.Module:
        """A backbone at random."""
        from models.backbone import Backbone

        return Backbone(config)

    def warm_start(self, network: Any, folder: Path) -> Callable[[str, Tensor], None]:
        """Start from an earlier backbone: tables grow, new conditions start silent."""
        from models.backbone import warm_start

        return warm_start(network, folder)

    def load(self, folder: Path) -> nn.Module:
        """The backbone in ``folder``."""
        from models.backbone import load_backbone

        return load_backbone(folder)

    def save(self, config: BackboneConfig, entries: Mapping[str, Entry], content: Content, folder: Path) -> None:
        """Write the backbone to ``folder``."""
        from models.backbone.storage import KIND
        from models.backbone.weights import write_weights

        write_weights(entries, content, config, KIND, folder)

    def velocity(self, network: nn.Module, batch: Batch) -> VelocityFn:
        """Velocity given text, and reference and source where the batch has them."""
        conditions = (text_of(batch), batch.get("reference"), batch.get("source"))
        return lambda latent, times: network(latent, times, *conditions)

    def control(self, batch: Batch) -> tuple[str, ...]:
        """The source of an edit, else the reference, else the caption."""
        for name in ("source", "reference"):
            if name in batch:
                return (name,)
        return TEXT_NAMES


class KnownMethod(VideoMethod):
    """The video backbone that takes known frames: in training those that chance gives, else the first picture."""

    def given(self, batch: Batch, latent: Tensor, chance_B2: Tensor) -> Batch:
        """The batch with what is given in the place of the clips' pictures."""
        from models.backbone.known import drawn_given, known_frames

        others = {name: value for name, value in batch.items() if name not in _PICTURES}
        given = drawn_given(chance_B2, latent.shape[2])
        return others | {"known": known_frames(latent, batch["first"], batch["last"], given)}

    def velocity(self, network: nn.Module, batch: Batch) -> VelocityFn:
        """Velocity given text and what is known; where nothing was drawn, that is each clip's first picture."""
        text = text_of(batch)

        def velocity(latent: Tensor, times: Tensor) -> Tensor:
            from models.backbone.known import first_known

            known = batch["known"] if "known" in batch else first_known(batch["first"], latent.shape[2])
            predicted: Tensor = network(latent, times, text, known_BKTHW=known)
            return predicted

        return velocity

    def control(self, batch: Batch) -> tuple[str, ...]:
        """The first picture."""
        del batch
        return ("first",)


class AudioMethod(Undrawn):
    """The video-to-audio network."""

    def build(self, config: AudioConfig) -> nn.Module:
        """An audio network at random."""
        from models.audio import AudioBackbone

        return AudioBackbone(config)

    def warm_start(self, network: Any, folder: Path) -> Callable[[str, Tensor], None]:
        """Start from an earlier audio network."""
        from models.audio import warm_start

        return warm_start(network, folder)

    def load(self, folder: Path) -> nn.Module:
        """The audio network in ``folder``."""
        from models.audio import load_audio_backbone

        return load_audio_backbone(folder)

    def save(self, config: AudioConfig, entries: Mapping[str, Entry], content: Content, folder: Path) -> None:
        """Write the audio network to ``folder``."""
        from models.audio.storage import KIND
        from models.backbone.weights import write_weights

        write_weights(entries, content, config, KIND, folder)

    def velocity(self, network: nn.Module, batch: Batch) -> VelocityFn:
        """Velocity given text and the features of the video."""
        conditions = (text_of(batch), batch["video"])
        return lambda latent, times: network(latent, times, *conditions)

    def control(self, batch: Batch) -> tuple[str, ...]:  # noqa: ARG002
        """The video."""
        return ("video",)


def shell(method: Method, recipe: TrainingRecipe) -> nn.Module:
    """The recipe's network on the meta device: names and shapes, no memory. All its state is in parameters."""
    with torch.device("meta"):
        network = method.build(recipe.model)
    assert next(network.buffers(), None) is None
    return network


def started(method: Method, recipe: TrainingRecipe, network: nn.Module) -> Iterator[dict[str, nn.Parameter]]:
    """Give a ``shell`` the weights that it starts with, on the CPU, by the recipe's seed or from ``init``.

    They are the same wherever they are made, and those of a network made whole.

    Yields:
        A module's own parameters by their names in the network, once they are filled. Whoever takes their memory
        away before going on never holds the whole network.

    Raises:
        WeightsDoNotFit: ``init`` holds another network.
    """
    from models.backbone.initialisation import initialised

    put = None
    if recipe.init is not None:
        put = method.warm_start(network, Path(recipe.init))
    changes = _changes(recipe)
    for prefix, module in initialised(network, recipe.seed):
        own = dict(module.named_parameters(prefix, recurse=False))
        for name, parameter in own.items():
            if put is not None:
                put(name, parameter.detach())
            if name in changes:
                add(name, parameter.detach(), changes[name])
        yield own


def _changes(recipe: TrainingRecipe) -> dict[str, Tensor]:
    """What is added to the weights that ``init`` gives, by name."""
    from models.distillation import KNOWN_FRAMES

    return KNOWN_FRAMES.differences(KNOWN, BACKBONE) if recipe.changes == "known" else {}


def add(name: str, weight: Tensor, change: Tensor) -> None:
    """Add to a weight of a network what another one's has more than its teacher's; position tables may have grown.

    Raises:
        WeightsDoNotFit: The change is of another size.
    """
    from models.backbone import WeightsDoNotFit
    from models.backbone.positions import extended

    fitting = extended(change, len(weight), name) if name.startswith("positions.") else change
    if weight.shape != fitting.shape:
        raise WeightsDoNotFit(f"{name}: a change of {list(change.shape)} does not fit a weight of {list(weight.shape)}")
    weight.add_(fitting)


METHODS: dict[str, Method] = {"video": VideoMethod(), "known": KnownMethod(), "audio": AudioMethod()}


def method_of(recipe: TrainingRecipe) -> Method:
    """The method that a recipe names."""
    return METHODS[recipe.method]
