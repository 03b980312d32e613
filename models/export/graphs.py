"""The graphs that serving runs, as torch modules with exactly the inputs of their signatures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from models.export.signatures import SIGNATURES


class Graph(Protocol):
    """A computation fed by name: arrays in, one array out. ONNX sessions satisfy it as well."""

    def __call__(self, **inputs: np.ndarray) -> np.ndarray:
        """The output for ``inputs``."""


class EncodeGraph(nn.Module):
    """Video [B, 3, F, H, W] in [-1, 1] -> normalised latent mean [B, 16, T, h, w]."""

    def __init__(self, autoencoder: Any) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, video: Tensor) -> Tensor:
        """The latent."""
        return self.autoencoder.encode(video)


class DecodeGraph(nn.Module):
    """Normalised latent -> pixels or samples: [B, 16, T, h, w] -> [B, 3, 8T, H, W]; [B, A, 128] -> [B, 1920 A]."""

    def __init__(self, autoencoder: Any) -> None:
        super().__init__()
        self.autoencoder = autoencoder

    def forward(self, latent: Tensor) -> Tensor:
        """The video, or the waveform."""
        return self.autoencoder.decode(latent)


class OfBackbone(nn.Module):
    """A graph around a backbone; which inputs it takes is its own."""

    def __init__(self, backbone: Any) -> None:
        super().__init__()
        self.backbone = backbone


class BackboneGraph(OfBackbone):
    """Velocity of a latent given time and text."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text)


class StudentGraph(OfBackbone):
    """Mean velocity of a latent over a step, given its time and span, and text."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        span: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text, span_B=span)


class PersonalizedBackboneGraph(OfBackbone):
    """Velocity of a latent given time, text and reference tokens."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
        reference: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text, reference=reference)


class EditingBackboneGraph(OfBackbone):
    """Velocity of a latent given time, an instruction and the latent of the video to edit."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
        source: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text, source_BCTHW=source)


class KnownBackboneGraph(OfBackbone):
    """Velocity of a latent given time, text and what is known of the clip."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
        known: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text, known_BKTHW=known)


class AudioBackboneGraph(OfBackbone):
    """Velocity of an audio latent given time, text and video features."""

    def forward(
        self,
        latent: Tensor,
        time: Tensor,
        text_prompt: Tensor,
        text_prompt_mask: Tensor,
        text_long: Tensor,
        text_long_mask: Tensor,
        text_characters: Tensor,
        text_characters_mask: Tensor,
        video: Tensor,
    ) -> Tensor:
        """The velocity."""
        text = ((text_prompt, text_prompt_mask), (text_long, text_long_mask), (text_characters, text_characters_mask))
        return self.backbone(latent, time, text, video)


class ReferenceEncoderGraph(nn.Module):
    """Reference image [B, 3, 64, 64] in [-1, 1] -> reference tokens [B, K, D]."""

    def __init__(self, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, image: Tensor) -> Tensor:
        """The tokens."""
        return self.encoder(image)


class UpsamplerGraph(nn.Module):
    """Velocity of an enlarged clip, folded into blocks of 2 x 2 pixels, given time and the small clip."""

    def __init__(self, upsampler: nn.Module) -> None:
        super().__init__()
        self.upsampler = upsampler

    def forward(self, state: Tensor, time: Tensor, condition: Tensor) -> Tensor:
        """The velocity."""
        return self.upsampler(state, time, condition)


def graph_modules(folders: Mapping[str, Path]) -> dict[str, nn.Module]:
    """The graphs of the models in ``folders``, by name, in evaluation mode.

    Args:
        folders: Where models lie, by name: ``autoencoder``, ``codec``, ``backbone``, ``personalized_backbone``,
            ``editing_backbone``, ``known_backbone``, ``audio_backbone``, ``student``, ``upsampler``. What is left out
            has no graphs; text encoders are those that the networks read.

    Raises:
        KeyError: A name is none of these.
        WeightsDoNotFit: Networks were trained with different text encoders.
    """
    modules: dict[str, nn.Module] = {}
    for name, folder in folders.items():
        if name not in _MAKERS:
            raise KeyError(f"no graphs are made of a model called {name!r}: use {sorted(_MAKERS)}")
        modules |= _MAKERS[name](folder)
    modules |= _text_encoders(modules)
    return {name: modules[name].eval().requires_grad_(False) for name in SIGNATURES if name in modules}


def _text_encoders(modules: Mapping[str, nn.Module]) -> dict[str, nn.Module]:
    from models.backbone import WeightsDoNotFit
    from models.text.encoders import load_encoders

    read = {name: module.backbone.config.text for name, module in modules.items() if isinstance(module, OfBackbone)}
    if not read:
        return {}
    if len(set(read.values())) > 1:
        raise WeightsDoNotFit(f"networks of one bundle read different text encoders: {read}; train them with the same")
    encoders = load_encoders(next(iter(read.values())))
    return {name: graph for encoder in encoders.values() for name, graph in encoder.graphs.items()}


def _autoencoder(folder: Path) -> dict[str, nn.Module]:
    from models.autoencoder import load_autoencoder

    model = load_autoencoder(folder)
    return {"autoencoder_encode": EncodeGraph(model), "autoencoder_decode": DecodeGraph(model)}


def _codec(folder: Path) -> dict[str, nn.Module]:
    from models.codec import load_codec

    return {"audio_decode": DecodeGraph(load_codec(folder))}


def _backbone(folder: Path) -> dict[str, nn.Module]:
    from models.backbone import load_backbone

    return {"backbone": BackboneGraph(load_backbone(folder))}


def _student(folder: Path) -> dict[str, nn.Module]:
    from models.backbone import WeightsDoNotFit, load_backbone

    model = load_backbone(folder)
    if not model.config.span:
        raise WeightsDoNotFit(f"{folder} holds a backbone that takes no span: distil a student into it")
    return {"student": StudentGraph(model)}


def _personalized(folder: Path) -> dict[str, nn.Module]:
    from models.backbone import WeightsDoNotFit, load_backbone

    model = load_backbone(folder)
    if model.reference_encoder is None:
        raise WeightsDoNotFit(f"{folder} holds a backbone without reference condition: train personalization into it")
    return {
        "personalized_backbone": PersonalizedBackboneGraph(model),
        "reference_encoder": ReferenceEncoderGraph(model.reference_encoder),
    }


def _editing(folder: Path) -> dict[str, nn.Module]:
    from models.backbone import WeightsDoNotFit, load_backbone

    model = load_backbone(folder)
    if not model.config.source:
        raise WeightsDoNotFit(f"{folder} holds a backbone without source condition: train editing into it")
    return {"editing_backbone": EditingBackboneGraph(model)}


def _known(folder: Path) -> dict[str, nn.Module]:
    from models.backbone import WeightsDoNotFit, load_backbone

    model = load_backbone(folder)
    if not model.config.known:
        raise WeightsDoNotFit(f"{folder} holds a backbone that takes no known frames: train image to video into it")
    return {"known_backbone": KnownBackboneGraph(model)}


def _audio(folder: Path) -> dict[str, nn.Module]:
    from models.audio import load_audio_backbone

    return {"audio_backbone": AudioBackboneGraph(load_audio_backbone(folder))}


def _upsampler(folder: Path) -> dict[str, nn.Module]:
    from models.upsampler import load_upsampler

    return {"upsampler": UpsamplerGraph(load_upsampler(folder))}


_MAKERS = {
    "autoencoder": _autoencoder,
    "codec": _codec,
    "backbone": _backbone,
    "student": _student,
    "personalized_backbone": _personalized,
    "editing_backbone": _editing,
    "known_backbone": _known,
    "audio_backbone": _audio,
    "upsampler": _upsampler,
}


def as_graph(module: nn.Module) -> Graph:
    """A torch module called with arrays by name, on the CPU and without gradients."""

    @torch.inference_mode()
    def call(**inputs: np.ndarray) -> np.ndarray:
        return module(**{name: torch.from_numpy(np.ascontiguousarray(value)) for name, value in inputs.items()}).numpy()

    return call


def torch_graphs(folders: Mapping[str, Path]) -> dict[str, Graph]:
    """The graphs of :func:`graph_modules` run by torch: what ``serving.pipeline`` takes in place of ONNX sessions."""
    return {name: as_graph(module) for name, module in graph_modules(folders).items()}
