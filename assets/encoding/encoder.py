"""Encoding: the clips of one planned shard to its tensors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from assets.encoding.plan import WITH_ENDS, Part, Window
from assets.sandbox_corpus.record import Record
from assets.sandbox_corpus.rendering import reference_picture
from assets.world.lasting import lasting
from assets.world.render import pictures
from assets.world.sound import heard
from assets.world.spec import WorldSpec
from models.recipes import FPS, REFERENCE_SIZE
from models.text.config import Role, TextConfig, mask_name, states_name
from serving.features import video_features

if TYPE_CHECKING:
    from torch import Tensor

Pixels = NDArray[np.uint8]
Tensors = dict[str, NDArray[np.generic]]

_PIXELS = 600_000  # encoded at once: more is no faster on a CPU
_SOUNDS = 16


class Texts(Protocol):
    """A frozen text encoder (``models.text.encoder.TextEncoder``)."""

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """States float32 [B, L, D] and mask bool [B, L]."""
        ...


class Model(Protocol):
    """What turns pixels [B, 3, F, H, W] or samples [B, S] into normalised latents: autoencoder and codec."""

    def encode(self, value: "Tensor", /) -> "Tensor":
        """Latents [B, 16, T, h, w] of pixels, [B, A, 128] of samples."""
        ...


class TextStates:
    """Token states of texts through each text encoder, each text encoded once.

    Args:
        encoders: By role.
    """

    def __init__(self, encoders: Mapping[Role, Texts]) -> None:
        self._encoders = encoders
        self._known: dict[str, Tensors] = {}

    def of(self, texts: Sequence[str]) -> Tensors:
        """Of each encoder, ``text_ROLE`` f16 [N, L, D] and ``text_ROLE_mask`` u8 [N, L]."""
        new = sorted({text for text in texts if text not in self._known}, key=len)  # alike lengths share a batch
        if new:
            self._known |= {text: {} for text in new}
            for role, encoder in self._encoders.items():
                states, masks = encoder.encode(new)
                for text, state, mask in zip(new, states.astype(np.float16), masks.astype(np.uint8), strict=True):
                    self._known[text] |= {states_name(role): state, mask_name(role): mask}
        return {name: np.stack([self._known[text][name] for text in texts]) for name in self._known[texts[0]]}


class Encoder:
    """Clips to latents, with the trained autoencoder and codec and the frozen text encoders."""

    def __init__(self, autoencoder: Model, codec: Model, texts: Mapping[Role, Texts]) -> None:
        self._autoencoder = autoencoder
        self._codec = codec
        self._texts = TextStates(texts)

    @classmethod
    def load(cls, autoencoder: Path, codec: Path, text: TextConfig) -> "Encoder":
        """The encoder with the models of two folders and the text encoders of a configuration."""
        from models.autoencoder.network import TemporalAutoencoder
        from models.codec.network import AudioCodec
        from models.text.encoders import load_encoders

        return cls(TemporalAutoencoder.load(autoencoder), AudioCodec.load(codec), load_encoders(text))

    def tensors(self, part: Part) -> Tensors:
        """What the shard of ``part`` holds: ``latent``, the texts and what its group adds."""
        from models.text.tokens import prefixed

        found = self._audio(part) if part.group == "audio" else self._videos(part)
        if part.group == "editing":
            found["source"] = self._latents(part, lambda clip: _source(clip, part))
        if part.group == "personalization":
            found["reference"] = np.stack([_reference(clip) for clip in part.clips])
        captions = [clip.caption for clip in part.clips]
        return found | self._texts.of([prefixed(caption, part.fps) for caption in captions])

    def null(self) -> Tensors:
        """States of the empty caption: of each encoder, ``text_ROLE`` f16 [L, D] and ``text_ROLE_mask`` u8 [L]."""
        return {name: value[0] for name, value in self._texts.of([""]).items()}

    def _latents(self, part: Part, pixels: Callable[[Record | Window], Pixels]) -> NDArray[np.float16]:
        return np.concatenate([self._encoded(clips) for clips in _batches(part, pixels)])

    def _videos(self, part: Part) -> Tensors:
        """Latents of clips; where known frames are learned from them, also of their first and last picture."""
        latents, firsts, lasts = [], [], []
        for clips in _batches(part, lambda clip: _pixels(clip, part)):
            latents.append(self._encoded(clips))
            if part.group in WITH_ENDS:
                firsts.append(self._encoded(clips[:, :1])[:, :, 0])
                lasts.append(self._encoded(clips[:, -1:])[:, :, 0])
        found = {"latent": latents, "first": firsts, "last": lasts}
        return {name: np.concatenate(parts) for name, parts in found.items() if parts}

    def _encoded(self, clips: Pixels) -> NDArray[np.float16]:
        """Latents of clips uint8 [N, F, H, W, 3]."""
        import torch

        with torch.inference_mode():
            video = torch.from_numpy(clips).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
            return self._autoencoder.encode(video).half().numpy()

    def _audio(self, part: Part) -> Tensors:
        import torch

        videos = self._latents(part, lambda clip: _pixels(clip, part))
        parts = []
        with torch.inference_mode():
            for start in range(0, len(part.clips), _SOUNDS):
                sounds = np.stack([_sound(clip, part) for clip in part.clips[start : start + _SOUNDS]])
                parts.append(self._codec.encode(torch.from_numpy(sounds)).half().numpy())
        latent = np.concatenate(parts)
        return {"latent": latent, "video": video_features(videos, latent.shape[1], fps=part.fps).astype(np.float16)}


def scene(spec: WorldSpec, part: Part) -> Pixels:
    """The frames uint8 [F, H, W, 3] of a clip of a part.

    Its action lasts as long at any frame rate: at a higher one the clip ends before it does.
    """
    return pictures(lasting(spec, part.frames / FPS), part.height, part.width, part.fps, part.frames)


def _batches(part: Part, pixels: Callable[[Record | Window], Pixels]) -> Iterator[Pixels]:
    """The clips of a part, as many at once as are encoded at once."""
    batch = max(1, _PIXELS // (part.frames * part.height * part.width))
    for start in range(0, len(part.clips), batch):
        yield np.stack([pixels(clip) for clip in part.clips[start : start + batch]])


def _pixels(clip: Record | Window, part: Part) -> Pixels:
    if isinstance(clip, Window):
        from assets.curation.loading import load_clip

        return load_clip(clip.record, part.height, part.width, part.frames, part.fps)
    return scene(clip.spec, part)


def _source(clip: Record | Window, part: Part) -> Pixels:
    return scene(_record(clip).source, part)


def _reference(clip: Record | Window) -> Pixels:
    return reference_picture(_record(clip), REFERENCE_SIZE).transpose(2, 0, 1)


def _sound(clip: Record | Window, part: Part) -> NDArray[np.float32]:
    return heard(lasting(_record(clip).spec, part.seconds), part.seconds)


def _record(clip: Record | Window) -> Record:
    if isinstance(clip, Window):
        raise TypeError("footage has no record in the corpus: only video-footage parts hold windows")
    return clip
