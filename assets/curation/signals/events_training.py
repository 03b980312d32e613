"""Training of the classifier of sound events: ``python -m assets.curation.signals.events_training``.

It hears the sounds of the sandbox's training scenes, mixed anew at all levels, half of them through AAC. The recordings
of ``HELD_OUT`` are never heard, so that what is measured on them is generalisation. Equal seeds give equal weights.
"""

import math
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.curation.signals.events import BANDS, CLASSES, RATE, SPAN, WEIGHTS, look, spectrum
from assets.world import synthesis
from assets.world.drawings import images
from assets.world.synthesis import AMBIENCES, EFFECTS, MATERIALS
from models.files import write_bytes

if TYPE_CHECKING:
    import torch

Floats = NDArray[np.float32]

SEED = 0
HELD_OUT = frozenset({"jump5", "coin5", "explosion2"})
OTHERS = ("error", "gameover", "hurt", "laser", "lose", "secret", "upgrade", "fall")  # of the wheel, none of CLASSES
_SCENES, _SECONDS = 1400, 3.0
_WINDOWS = 4  # of each scene
_VARIANTS = 12  # of each ambience
_AUDIBLE = (
    -28.0
)  # decibels against the rest of a window from which a sound must be heard; softer ones are not asked for
_QUIETER = -40.0  # ... below which it is not there; between the two nobody asks
_ONSET = (-0.02, 0.85)  # seconds of a window in which a blow must begin to be asked for
_WIDTHS = (24, 40, 64)
_EPOCHS, _BATCH, _LR, _DECAY = 20, 64, 3e-3, 0.02
_ASIDE = -1.0  # a target that nobody asks for


@dataclass(frozen=True, eq=False)
class _Part:
    """One sound of a scene at 16 kHz: its class (None for one that has none), where it begins, whether it lasts."""

    label: str | None
    start: int
    samples: Floats
    lasting: bool


def main() -> None:
    """Make the windows, train, and write the weights beside the package."""
    import torch
    from safetensors.numpy import save

    torch.set_num_threads(1)  # one order of sums
    rng = np.random.default_rng(SEED)
    looks, targets = windows(rng, _SCENES)
    named = train(looks, targets, SEED)
    write_bytes(WEIGHTS, save({name: np.ascontiguousarray(part, np.float16) for name, part in named.items()}))


def windows(rng: np.random.Generator, scenes: int) -> tuple[Floats, Floats]:
    """Looks [N, SPAN, BANDS] and targets [N, classes]: 1 heard, 0 not, -1 nobody can say."""
    looks, targets = [], []
    for scene in range(scenes):
        parts = _scene(rng)
        whole = np.zeros(round(_SECONDS * RATE), np.float32)
        for part in parts:
            whole[part.start : part.start + len(part.samples)] += part.samples
        gain = np.float32(10 ** rng.uniform(-1.5, 0) / max(1e-3, np.abs(whole).max()))
        heard = coded(whole * gain) if scene % 2 else whole * gain
        length = SPAN * 256 + 256
        for start in rng.integers(0, len(whole) - length, _WINDOWS):
            looks.append(look(spectrum(heard[start : start + length])[:SPAN]))
            targets.append(_targets(parts, int(start), length))
    return np.stack(looks), np.stack(targets)


def coded(samples: Floats) -> Floats:
    """Float32 [S] at 16 kHz after AAC."""
    from scipy.signal import resample_poly

    from assets.checkers.coded import coded_sound

    loud = np.clip(resample_poly(samples, 3, 1), -1, 1).astype(np.float32)
    return np.asarray(resample_poly(coded_sound(loud, 96_000), 1, 3)[: len(samples)], np.float32)


def _scene(rng: np.random.Generator) -> list[_Part]:
    """A place, perhaps an engine, some happenings and now and then something that has no class; all at any level."""
    count = round(_SECONDS * RATE)
    parts: list[_Part] = []
    if rng.random() < 0.85:
        name = AMBIENCES[int(rng.integers(len(AMBIENCES)))]
        loop = _ambience(name, int(rng.integers(_VARIANTS)))
        turned = np.roll(loop, int(rng.integers(len(loop))))[:count]
        parts.append(_Part(name, 0, _level(rng, turned, -44, -18), lasting=True))
    if rng.random() < 0.2:
        motor = _engine(int(rng.integers(-5, 7)))
        turned = np.roll(motor, int(rng.integers(len(motor))))[:count]
        parts.append(_Part("engine", 0, _level(rng, turned, -40, -14), lasting=True))
    for _ in range(int(rng.integers(0, 5))):
        label, sound = _happening(rng)
        start = int(rng.integers(0, count - RATE // 4))
        scaled = _level(rng, sound, -28, 0, peak=True)
        parts.append(_Part(label, start, scaled[: count - start], lasting=False))
    if rng.random() < 0.3:
        start = int(rng.integers(0, count // 2))
        parts.append(_Part(None, start, _level(rng, _other(rng), -36, -6, peak=True)[: count - start], lasting=False))
    return parts


def _happening(rng: np.random.Generator) -> tuple[str, Floats]:
    if rng.random() < 0.6:
        material = MATERIALS[int(rng.integers(len(MATERIALS)))]
        return f"{material} impact", _struck(material, int(rng.integers(-6, 8)))
    kind = tuple(EFFECTS)[int(rng.integers(len(EFFECTS)))]
    names = [name for name in EFFECTS[kind] if name not in HELD_OUT]
    sound = recording(names[int(rng.integers(len(names)))])
    return kind, _faster(sound, 2 ** rng.uniform(-0.4, 0.4))


def _other(rng: np.random.Generator) -> Floats:
    """Something that has no class: an effect of another kind, a voice-like glide, held chords, or plain noise."""
    count = round(_SECONDS * RATE)
    time = np.arange(count) / RATE
    match int(rng.integers(4)):
        case 0:
            name = OTHERS[int(rng.integers(len(OTHERS)))] + str(int(rng.integers(1, 5)))
            path = images().parent / "sounds" / f"{name}.wav"
            return _faster(recording(name), 2 ** rng.uniform(-0.4, 0.4)) if path.is_file() else _noise(rng, count)
        case 1:
            return _voice(rng, time)
        case 2:
            chord = rng.uniform(110, 900, int(rng.integers(1, 5)))
            tones = sum(np.sin(2 * math.pi * pitch * k * time) / k for pitch in chord for k in range(1, 6))
            return np.asarray(tones * np.clip(time / 0.05, 0, 1), np.float32)
        case _:
            return _noise(rng, count)


def _voice(rng: np.random.Generator, time: NDArray[np.float64]) -> Floats:
    """A glottal tone that glides, through two formants, in syllables: like speech, with nothing said."""
    pitch = rng.uniform(90, 240) * 2 ** (0.3 * np.sin(2 * math.pi * rng.uniform(0.3, 1.2) * time + rng.uniform(0, 6)))
    phase = 2 * math.pi * np.cumsum(pitch) / RATE
    formants = rng.uniform((300, 900), (800, 2400))
    sound = np.zeros_like(time)
    for harmonic in range(1, 30):
        hertz = harmonic * pitch
        weight = sum(np.exp(-(((hertz - formant) / 180) ** 2)) for formant in formants) + 0.03
        sound += weight / np.sqrt(harmonic) * np.sin(harmonic * phase) * (hertz < RATE / 2)
    syllables = np.clip(np.sin(2 * math.pi * rng.uniform(2, 5) * time + rng.uniform(0, 6)) + 0.4, 0, 1)
    return np.asarray(sound * syllables, np.float32)


def _noise(rng: np.random.Generator, count: int) -> Floats:
    """Noise whose power falls by 0 to 9 decibels an octave."""
    spectrum_ = np.fft.rfft(rng.standard_normal(count))
    tilt = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 40) ** -rng.uniform(0, 1.5)
    return np.asarray(np.fft.irfft(spectrum_ * tilt, count), np.float32)


def _level(rng: np.random.Generator, sound: Floats, low: float, high: float, *, peak: bool = False) -> Floats:
    """A sound at a level drawn in decibels of full scale: of its peak, or of its root mean square."""
    size = np.abs(sound).max() if peak else np.sqrt(np.mean(sound**2))
    return np.asarray(sound * (10 ** (rng.uniform(low, high) / 20) / max(float(size), 1e-6)), np.float32)


def _targets(parts: Sequence[_Part], start: int, length: int) -> Floats:
    """What is asked for a window, [classes]: by when each sound begins and how loud it is against the others."""
    cut = [_within(part, start, length) for part in parts]
    whole = np.sum(cut, axis=0) if cut else np.zeros(length, np.float32)
    targets = np.zeros(len(CLASSES), np.float32)
    for part, own in zip(parts, cut, strict=True):
        if part.label is None or not own.any():
            continue
        at = CLASSES.index(part.label)
        over = _over(own, whole - own)
        begins = (part.start - start) / RATE
        if over >= _AUDIBLE and (part.lasting or _ONSET[0] <= begins <= _ONSET[1]):
            targets[at] = 1
        elif over >= _QUIETER and targets[at] == 0:
            targets[at] = _ASIDE
    return targets


def _within(part: _Part, start: int, length: int) -> Floats:
    out = np.zeros(length, np.float32)
    first = part.start - start
    low, high = max(0, first), min(length, first + len(part.samples))
    if high > low:
        out[low:high] = part.samples[low - first : high - first]
    return out


def _over(own: Floats, rest: Floats) -> float:
    """Decibels by which a sound stands over the rest where it does so best: the best tenth of all bands and times."""
    levels = spectrum(own) - np.maximum(spectrum(rest), -90)
    loud = spectrum(own)
    levels = np.where(loud > loud.max() - 30, levels, -120)
    return float(np.quantile(levels, 0.97))


def train(looks: Floats, targets: Floats, seed: int) -> dict[str, Floats]:
    """The weights of ``Network`` by name, by AdamW on binary cross-entropy; equal arguments give equal weights."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(seed)
    convs = nn.ModuleList(
        [nn.Conv2d(inner, outer, 3, 2, 1) for inner, outer in zip((1, *_WIDTHS[:-1]), _WIDTHS, strict=True)]
    )
    last = nn.Linear(2 * _WIDTHS[-1], len(CLASSES))
    parameters = [*convs.parameters(), *last.parameters()]
    steps = _EPOCHS * math.ceil(len(looks) / _BATCH)
    optimiser = torch.optim.AdamW(parameters, lr=_LR, weight_decay=_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _LR, total_steps=steps)
    inputs, goals = torch.from_numpy(looks), torch.from_numpy(targets)
    shuffled = torch.Generator().manual_seed(seed)
    for _ in range(_EPOCHS):
        order = torch.randperm(len(looks), generator=shuffled)
        for rows in torch.split(order, _BATCH):
            maps = _masked(inputs[rows], shuffled)[:, None]
            for conv in convs:
                maps = functional.relu(conv(maps))
            pooled = torch.cat([maps.mean(dim=(2, 3)), maps.amax(dim=(2, 3))], dim=1)
            asked = goals[rows]
            loss = functional.binary_cross_entropy_with_logits(
                last(functional.dropout(pooled, 0.1)), asked.clamp(min=0), (asked >= 0).float()
            )
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
    named: dict[str, torch.Tensor] = {}
    for at, conv in enumerate(convs):
        assert isinstance(conv, nn.Conv2d), "the list was made of them"
        assert conv.bias is not None, "they were made with biases"
        named |= {f"kernel.{at}": conv.weight, f"bias.{at}": conv.bias}
    named |= {"weights": last.weight.T, "offsets": last.bias}
    return {name: part.detach().numpy().astype(np.float32) for name, part in named.items()}


def _masked(looks: "torch.Tensor", rng: "torch.Generator") -> "torch.Tensor":
    """Looks of which a few bands are silenced (SpecAugment, Park et al. 2019)."""
    import torch

    low = int(torch.randint(0, BANDS, (1,), generator=rng))
    out = looks.clone()
    out[::2, :, low : low + int(torch.randint(0, 7, (1,), generator=rng))] = -1
    return out


@lru_cache(maxsize=128)
def recording(name: str) -> Floats:
    """A recording of the wheel at 16 kHz, mono, cut so that it begins at once."""
    from scipy.signal import resample

    with wave.open(str(images().parent / "sounds" / f"{name}.wav"), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        raw = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    mono = raw.reshape(-1, channels).mean(axis=1)
    sound = resample(mono, round(len(mono) * RATE / rate))
    sound = sound / np.abs(sound).max()
    return np.asarray(sound[np.flatnonzero(np.abs(sound) > 0.02)[0] :], np.float32)


def _faster(sound: Floats, ratio: float) -> Floats:
    """A sound played faster, and so higher."""
    places = np.arange(0, len(sound) - 1, ratio)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound), np.float32)


def _down(sound: NDArray[np.float32]) -> Floats:
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(sound, 1, 3), np.float32)


@lru_cache(maxsize=128)
def _struck(material: str, semitones: int) -> Floats:
    return _down(synthesis.struck(material, semitones))


@lru_cache(maxsize=128)
def _ambience(name: str, variant: int) -> Floats:
    return _down(synthesis.ambience(name, variant))


@lru_cache(maxsize=16)
def _engine(semitones: int) -> Floats:
    return _down(synthesis.engine(semitones))


if __name__ == "__main__":
    main()
