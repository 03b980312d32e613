"""Batches of contrastive training: pairs of twins, a caption for each clip, and statements with their truth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.checkers.contrastive.scenes import places
from assets.checkers.contrastive.statements import WORDINGS, namings, truths, vocabulary
from assets.checkers.contrastive.store import Store, Texts

if TYPE_CHECKING:
    from torch import Tensor

_PER_CLIP = 2  # statements
_LONG = 0.7  # how often a long caption is taken where there is one
_SHIFT = 4  # pixels by which a clip is moved at most
_LIGHT, _GAIN = 10.0, 0.08  # levels of 255, and share, by which its light changes at most
_NOISE = 4.0  # levels


@dataclass(frozen=True, eq=False)
class Batch:
    """N clips, N captions, S statements.

    Attributes:
        frames: uint8 [N, F, 64, 64, 3]; clips 2 i and 2 i + 1 are twins.
        captions: Text of each clip.
        shared: bool [N, N]: caption i is true of its twin j too.
        statements: Texts.
        truth: int8 [S, N], see ``statements.truths``.
        hard: bool [S, N]: of the clip that the statement was made for, and its twin.
        words: Of each sort the texts, and their truth int8 [N, V]; see ``statements.vocabulary``.
        named: Of each sort which words the captions and then the statements name, int8 [N + S, V]; a long caption names
            what its clip shows, a short one counts for none.
    """

    frames: "Tensor"
    captions: list[str]
    shared: "Tensor"
    statements: list[str]
    truth: "Tensor"
    hard: "Tensor"
    words: "tuple[tuple[list[str], Tensor], ...]"
    named: "tuple[Tensor, ...]"


def batch(store: Store, scenes: NDArray[np.int64], frames: int, rng: np.random.Generator) -> Batch:
    """The batch of some scenes, with ``frames`` of each clip's eight; equal lots give equal batches."""
    import torch

    clips = [2 * int(scene) + twin for scene in scenes for twin in (0, 1)]
    texts = [store.texts[clip] for clip in clips]
    captions, shared = [], np.zeros((len(clips), len(clips)), bool)
    for place, said in enumerate(texts):
        twin = place ^ 1
        caption = said.long if said.long and rng.random() < _LONG else said.short[int(rng.integers(len(said.short)))]
        captions.append(caption)
        shared[place, twin] = not tells_apart(caption, said, texts[twin])
    made = [
        (place, *said.statements[int(index)])
        for place, said in enumerate(texts)
        for index in rng.choice(len(said.statements), _PER_CLIP, replace=False)
    ]
    hard = np.zeros((len(made), len(clips)), bool)
    for row, (place, _, _) in enumerate(made):
        hard[row, [place, place ^ 1]] = True
    shown = [said.facts for said in texts]
    truth = truths([statement for _, statement, _ in made], shown)
    sorts = vocabulary(places(), int(rng.integers(WORDINGS)))
    words = [truths([word for word, _ in sort], shown).T for sort in sorts]
    long = np.array([caption == said.long for caption, said in zip(captions, texts, strict=True)])
    said_by = [namings([statement for _, statement, _ in made], [word for word, _ in sort]) for sort in sorts]
    return Batch(
        frames=torch.from_numpy(varied(store.frames(clips), frames, rng)),
        captions=captions,
        shared=torch.from_numpy(shared),
        statements=[text for _, _, text in made],
        truth=torch.from_numpy(truth),
        hard=torch.from_numpy(hard),
        words=tuple(
            ([text for _, text in sort], torch.from_numpy(truth)) for sort, truth in zip(sorts, words, strict=True)
        ),
        named=tuple(
            torch.from_numpy(np.concatenate([truth * long[:, None], said]))
            for truth, said in zip(words, said_by, strict=True)
        ),
    )


def tells_apart(caption: str, own: Texts, twin: Texts) -> bool:
    """Whether a clip's caption is false of its twin, as far as it mentions that in which they differ."""
    if caption == own.long:
        return caption != twin.long
    if own.facts.place != twin.facts.place:
        return own.facts.place in caption
    if own.facts.camera != twin.facts.camera or own.short[0] == twin.short[0]:
        return False
    differing = set(own.facts.things) - set(twin.facts.things)
    return any(thing[0] in caption for thing in differing) and ' and "' not in caption


def varied(clips: NDArray[np.uint8], frames: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Clips [N, 8, H, W, 3] with fewer frames, moved a little, in another light, with noise: [N, frames, H, W, 3]."""
    each = clips.shape[1] / frames
    out = np.empty((len(clips), frames, *clips.shape[2:]), np.uint8)
    for place, clip in enumerate(clips):
        picked = np.floor(each * (np.arange(frames) + (rng.random(frames) if each > 1 else 0.0))).astype(int)
        down, right = (int(shift) for shift in rng.integers(-_SHIFT, _SHIFT + 1, 2))
        rows = np.clip(np.arange(clip.shape[1]) + down, 0, clip.shape[1] - 1)
        columns = np.clip(np.arange(clip.shape[2]) + right, 0, clip.shape[2] - 1)
        moved = clip[picked][:, rows][:, :, columns].astype(np.float32)
        light = rng.uniform(-_LIGHT, _LIGHT), 1 + rng.uniform(-_GAIN, _GAIN)
        if rng.random() < 0.5:
            moved += _NOISE * rng.random() * rng.standard_normal(moved.shape, np.float32)
        out[place] = np.clip((moved - 128) * light[1] + 128 + light[0], 0, 255)
    return out
