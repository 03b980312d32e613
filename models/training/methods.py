"""Methods: what is trained, on which conditions. One for each family of networks; the training loop knows neither."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from models.flow import VelocityFn
from models.recipes import AudioConfig, BackboneConfig, TrainingRecipe
from models.starter import BACKBONE
from models.tensor_files import Entry
from models.text.config import TEXT_NAMES
from models.training.texts import Batch, text_of

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

    def velocity(self, network: nn.Module, batch: Batch) -> VelocityFn:
        """The network with the batch's conditions closed over."""
        ...

    def control(self, batch: Batch) -> tuple[str, ...]:
        """The condition whose exchange between samples should raise the loss, if the network has learned to use it."""
        ...


class VideoMethod:
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


class AudioMethod:
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
        put = method.warm_start(network, BACKBONE if recipe.init == "starter" else Path(recipe.init))
    for prefix, module in initialised(network, recipe.seed):
        own = dict(module.named_parameters(prefix, recurse=False))
        for name, parameter in own.items():
            if put is not None:
                put(name, parameter.detach())
        yield own


METHODS: dict[str, Method] = {"video": VideoMethod(), "audio": AudioMethod()}


def method_of(recipe: TrainingRecipe) -> Method:
    """The method that a recipe names."""
    return METHODS[recipe.method]
