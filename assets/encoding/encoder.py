"""Encoding: the clips of one planned shard to its tensors."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from assets.encoding.plan import Part, Window
from assets.sandbox_corpus.record import Record
from assets.sandbox_corpus.rendering import reference_picture
from assets.world.lasting import lasting
from assets.world.render import pictures
from assets.world.sound import heard
from assets.world.spec import WorldSpec
from models.recipes import FPS, REFERENCE_SIZE
from serving.features import video_features

if TYPE_CHECKING:
    from torch import Tensor

Pixels = NDArray[np.uint8]
Tensors = dict[str, NDArray[np.generic]]

_PIXELS = 600_000  # encoded at once: more is no faster on a CPU
_SOUNDS = 16


class Texts(Protocol):
    """A frozen text encoder."""

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """States float32 [B, 40, 384] and mask bool [B, 40]."""
        ...


class Model(Protocol):
    """What turns pixels [B, 3, F, H, W] or samples [B, S] into normalised latents: autoencoder and codec."""

    def encode(self, value: "Tensor", /) -> "Tensor":
        """Latents [B, 16, T, h, w] of pixels, [B, A, 128] of samples."""
        ...


class TextStates:
    """Token states of texts, each encoded once."""

    def __init__(self, encoder: Texts) -> None:
        self._encoder = encoder
        self._known: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def of(self, texts: Sequence[str]) -> Tensors:
        """``text`` f16 [N, 40, 384] and ``text_mask`` u8 [N, 40]."""
        new = sorted({text for text in texts if text not in self._known}, key=len)  # alike lengths share a batch
        if new:
            states, masks = self._encoder.encode(new)
            found = zip(states.astype(np.float16), masks.astype(np.uint8), strict=True)
            self._known.update(zip(new, found, strict=True))
        return {
            "text": np.stack([self._known[text][0] for text in texts]),
            "text_mask": np.stack([self._known[text][1] for text in texts]),
        }


class Encoder:
    """Clips to latents, with the trained autoencoder and codec and the frozen text encoder."""

    def __init__(self, autoencoder: Model, codec: Model, texts: Texts) -> None:
        self._autoencoder = autoencoder
        self._codec = codec
        self._texts = TextStates(texts)

    @classmethod
    def load(cls, autoencoder: Path, codec: Path) -> "Encoder":
        """The encoder with the models of two folders and the packaged text encoder."""
        from models.autoencoder.network import TemporalAutoencoder
        from models.codec.network import AudioCodec
        from models.text.encoder import TextEncoder

        return cls(TemporalAutoencoder.load(autoencoder), AudioCodec.load(codec), TextEncoder())

    def tensors(self, part: Part) -> Tensors:
        """What the shard of ``part`` holds: ``latent``, ``text``, ``text_mask`` and what its group adds."""
        from models.text.tokens import prefixed

        if part.group == "audio":
            found = self._audio(part)
        else:
            found = {"latent": self._latents(part, lambda clip: _pixels(clip, part))}
        if part.group == "editing":
            found["source"] = self._latents(part, lambda clip: _source(clip, part))
        if part.group == "personalization":
            found["reference"] = np.stack([_reference(clip) for clip in part.clips])
        captions = [clip.caption for clip in part.clips]
        return found | self._texts.of([prefixed(caption) for caption in captions])

    def null(self) -> Tensors:
        """States of the empty caption: ``text`` f16 [40, 384], ``text_mask`` u8 [40]."""
        return {name: value[0] for name, value in self._texts.of([""]).items()}

    def _latents(self, part: Part, pixels: Callable[[Record | Window], Pixels]) -> NDArray[np.float16]:
        import torch

        batch = max(1, _PIXELS // (part.frames * part.height * part.width))
        parts = []
        with torch.inference_mode():
            for start in range(0, len(part.clips), batch):
                clips = np.stack([pixels(clip) for clip in part.clips[start : start + batch]])
                video = torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
                parts.append(self._autoencoder.encode(video).half().numpy())
        return np.concatenate(parts)

    def _audio(self, part: Part) -> Tensors:
        import torch

        videos = self._latents(part, lambda clip: _pixels(clip, part))
        parts = []
        with torch.inference_mode():
            for start in range(0, len(part.clips), _SOUNDS):
                sounds = np.stack([_sound(clip, part) for clip in part.clips[start : start + _SOUNDS]])
                parts.append(self._codec.encode(torch.from_numpy(sounds)).half().numpy())
        latent = np.concatenate(parts)
        return {"latent": latent, "video": video_features(videos, latent.shape[1], fps=FPS).astype(np.float16)}


def _pixels(clip: Record | Window, part: Part) -> Pixels:
    if isinstance(clip, Window):
        from assets.curation.loading import load_clip

        return load_clip(clip.record, part.height, part.width, part.frames, FPS)
    return _scene(clip.spec, part)


def _source(clip: Record | Window, part: Part) -> Pixels:
    return _scene(_record(clip).source, part)


def _scene(spec: WorldSpec, part: Part) -> Pixels:
    return pictures(lasting(spec, part.seconds), part.height, part.width, FPS, part.frames)


def _reference(clip: Record | Window) -> Pixels:
    return reference_picture(_record(clip), REFERENCE_SIZE).transpose(2, 0, 1)


def _sound(clip: Record | Window, part: Part) -> NDArray[np.float32]:
    return heard(lasting(_record(clip).spec, part.seconds), part.seconds)


def _record(clip: Record | Window) -> Record:
    if isinstance(clip, Window):
        raise TypeError("footage has no record in the corpus: only video-footage parts hold windows")
    return clip
