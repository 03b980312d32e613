"""Image to video of the starters: how near films come to given pictures, and how they go on from given frames."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from assets.starter.continuing import WAYS, continued, drawn, ends_of, mean_change, opened
from assets.starter.latents import FRAMES, SIDE
from assets.starter.quality import Asked, Figures, Frames, asked, scored, sights
from assets.starter.round_trip import psnr, through
from models.recipes import FPS, demo
from models.starter import AUTOENCODER, BACKBONE, KNOWN
from serving.features import LATENT_STRIDE
from serving.pipeline import Pipeline
from serving.seams import seam

_CLIPS = 24
_KNOWN = 2  # latent frames that a film goes on from: half of it
_LONG = 4  # times as long: windows, of which the first and the last one are given a picture
_GIVEN = {"first": (0,), "last": (-1,), "both": (0, -1)}  # frames of a film that are given


def run(clips: int = _CLIPS, known: Path = KNOWN, backbone: Path = BACKBONE) -> Figures:
    """Films of held-out prompts at 64 px, two seconds, sampled as the demo's models are, given frames of real clips.

    ``WAY_psnr`` is of the frames that are given (WAY is ``first``, ``last`` or ``both``) against the pictures, in dB,
    the mean over clips; ``WAY_psnr_text`` that of films of the same prompts and seeds from text alone,
    ``WAY_psnr_other`` of films given their pictures against another clip's, ``WAY_psnr_ceiling`` of the real clips
    through the autoencoder; ``WAY_gain`` is what the first is above the second.
    ``WAY_object``, ``..._colour``, ``..._motion`` and ``..._background`` are shares of the films that show what was
    asked for in the checkers' eyes, with Wilson's 95% interval; ``text_...`` of those from text alone.
    ``long_...`` is of films of eight seconds, in blended windows, that have both pictures.

    Of films that are given the first second of a clip and go on: ``continued_change`` is how much the first new frame
    differs from the last known one, over how much frames at like places differ elsewhere in it, ``continued_psnr`` how
    near the second that is new is to the clip's, ``continued_motion`` as above. ``blended_...`` are the same of the
    starter that takes no known frames, whose noise alone is led to them; ``real_change`` is that of the clips.
    """
    from models.autoencoder import load_autoencoder

    shown = asked(demo().world, "validation", clips)
    with TemporaryDirectory() as scratch:
        pipeline, plain = opened(Path(scratch), known, backbone), opened(Path(scratch), None, backbone)
        films = {way: [drawn(pipeline, shown, number, way) for number in range(clips)] for way in WAYS}
        longer = [lengthened(pipeline, shown, number) for number in range(clips)]
        films["text"] = [drawn(plain, shown, number, None) for number in range(clips)]
        on = {
            name: [continued(model, shown, number, _KNOWN) for number in range(clips)]
            for name, model in (("continued", pipeline), ("blended", plain))
        }
    back = through(load_autoencoder(AUTOENCODER), shown.clips)
    figures = ends_figures(shown, films, back)
    figures["long_psnr"] = _near([film[[0, -1]] for film in longer], [clip[[0, -1]] for clip in shown.clips], (0, 1))
    for name, made in (films | {"long": longer}).items():
        figures |= scored(shown.prompts, sights(made), name)
    figures |= going_on(shown, on)
    return {"clips": float(clips)} | {name: round(value, 4) for name, value in figures.items()}


def lengthened(pipeline: Pipeline, shown: Asked, number: int) -> Frames:
    """The film [128, 64, 64, 3] of a prompt that begins and ends with the pictures of its clip."""
    texts, ends, frames = [shown.prompts[number].text], ends_of(shown.clips[number], "both"), _LONG * FRAMES
    (latent,) = pipeline.latents(texts, [number], seconds=frames / FPS, aspect=(SIDE, SIDE), ends=ends)
    return np.concatenate(list(pipeline.frames_of(latent, frames, pipeline.usual_tiles(frames))))


def ends_figures(shown: Asked, films: Mapping[str, Sequence[Frames]], back: Sequence[Frames]) -> Figures:
    """How near the given frames come, of each way.

    Args:
        shown: The clips that pictures are of.
        films: Of each way, and from ``text`` alone.
        back: The clips through the autoencoder.
    """
    figures: Figures = {}
    for way, places in _GIVEN.items():
        near = _near(films[way], shown.clips, places)
        text = _near(films["text"], shown.clips, places)
        figures |= {
            f"{way}_psnr": near,
            f"{way}_psnr_text": text,
            f"{way}_psnr_other": _near(films[way], (*shown.clips[1:], shown.clips[0]), places),
            f"{way}_psnr_ceiling": _near(back, shown.clips, places),
            f"{way}_gain": near - text,
        }
    return figures


def going_on(shown: Asked, films: Mapping[str, Sequence[Frames]]) -> Figures:
    """How films go on from the frames that they are given, by their names."""
    begins = _KNOWN * LATENT_STRIDE
    figures: Figures = {}
    for name, made in films.items():
        figures |= {
            f"{name}_change": seam(mean_change(made), [begins], period=LATENT_STRIDE),
            f"{name}_psnr": _near(made, shown.clips, range(begins, FRAMES)),
        }
        figures |= {key: value for key, value in scored(shown.prompts, sights(made), name).items() if "motion" in key}
    return figures | {"real_change": seam(mean_change(shown.clips), [begins], period=LATENT_STRIDE)}


def _near(films: Sequence[Frames], clips: Sequence[Frames], places: Sequence[int]) -> float:
    """PSNR of these frames of films against the clips', in dB, the mean over films."""
    taken = list(places)
    return float(np.mean([psnr(film[taken], clip[taken]) for film, clip in zip(films, clips, strict=True)]))
