"""Evaluation: every checker against the truth of held-out clips, as rendered and after H.264 at CRF 30."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.checkers import clips
from assets.checkers.background import background
from assets.checkers.camera import camera
from assets.checkers.coded import coded, coded_sound
from assets.checkers.edits import verdict
from assets.checkers.lettering import words
from assets.checkers.motion import WAY_OF, seen_to, way
from assets.checkers.onsets import TOLERANCE, matched, onsets
from assets.checkers.presence import count, present
from assets.checkers.scores import Score, balanced, f1
from assets.checkers.things import Thing, things
from assets.checkers.vocabulary import DYES, KINDS
from assets.world.pairs import EditTriple
from assets.world.render import RenderedClip
from assets.world.truth import Track, Truth

Frames = NDArray[np.uint8]
Answers = list[tuple[object, object]]  # what was said, what is true

_FIRST = 20_000  # seed: nothing was looked at or tuned on these clips; a multiple of the cameras' number
_IN_SIGHT = 0.5  # share of a thing that must be seen, and inside the frame, ...
_LONG = 0.5  # ... in this share of the frames, for anything to be asked about it
_FOUND = 0.35  # short sides: how near to a true path its thing must be


@dataclass(frozen=True)
class Result:
    """Scores of one checker on clips as rendered and after the codec."""

    clean: Score
    coded: Score


def evaluate(count: int = 512) -> dict[str, Result]:
    """Every checker on ``count`` held-out clips of the kind that its question is about."""
    return {**_of_still(count), **_of_moving(count), "onsets": _of_sound(count), "edits": _of_edits(count)}


def _of_still(number: int) -> dict[str, Result]:
    ask: dict[str, Callable[[Truth, RenderedClip, Frames, tuple[Thing, ...]], Answers]] = {
        "presence": lambda _, clip, __, found: presence_answers(clip, found),
        "motion": lambda truth, _, __, found: motion_answers(truth, found),
        "count": lambda truth, _, __, found: count_answers(truth, found),
        "background": lambda _, clip, frames, __: background_answers(clip, frames),
        "words": lambda truth, _, frames, __: words_answers(truth, frames),
    }
    said: dict[str, tuple[Answers, Answers]] = {name: ([], []) for name in ask}
    for clip in clips.still(number, "validation", _FIRST):
        for condition, frames in enumerate((clip.frames, coded(clip.frames, clips.FPS))):
            found = things(frames)
            for name, answers in ask.items():
                said[name][condition].extend(answers(clip.truth, clip, frames, found))
    return {name: Result(*(_scored(part, number) for part in both)) for name, both in said.items()}


def _of_moving(number: int) -> dict[str, Result]:
    said: tuple[Answers, Answers] = ([], [])
    for clip in clips.moving(number, "validation", _FIRST):
        for condition, frames in enumerate((clip.frames, coded(clip.frames, clips.FPS))):
            said[condition].append((camera(frames).value, clip.truth.camera))
    return {"camera": Result(*(_scored(part, number) for part in said))}


def _of_sound(number: int) -> Result:
    counts: tuple[list[tuple[int, int, int]], ...] = ([], [])
    for samples, true in clips.sounds(number, "validation", _FIRST):
        for condition, heard in enumerate((samples, coded_sound(samples))):
            counts[condition].append(matched([onset.seconds for onset in onsets(heard)], apart(true)))
    return Result(*(f1(part) for part in counts))


def _of_edits(number: int) -> Result:
    said: tuple[Answers, Answers] = ([], [])
    for triple in clips.edits(number, "validation", _FIRST):
        for condition, through in enumerate((lambda frames: frames, lambda frames: coded(frames, clips.FPS))):
            said[condition].extend(edit_answers(triple, through))
    return Result(*(_scored(part, number) for part in said))


def _scored(answers: Answers, number: int) -> Score:
    return balanced([said for said, _ in answers], [true for _, true in answers], number)


def presence_answers(clip: RenderedClip, found: tuple[Thing, ...]) -> Answers:
    """For each thing in sight: is it there; is it there in another colour; is another kind there in its colour."""
    rng = np.random.default_rng([clip.spec.seed, 17])
    there = {(track.kind, track.colour) for track in clip.truth.tracks}
    kinds = {track.kind for track in clip.truth.tracks}
    answers: Answers = []
    for track in in_sight(clip.truth):
        answers.append((present(found, track.kind, track.colour).value, True))
        dyes = [dye for dye in DYES if (track.kind, dye) not in there]
        others = [kind for kind in KINDS if kind not in kinds]
        wrong = [(track.kind, _pick(rng, dyes)), (_pick(rng, others), track.colour)]
        answers.append((present(found, *wrong[int(rng.integers(2))]).value, False))
    return answers


def motion_answers(truth: Truth, found: tuple[Thing, ...]) -> Answers:
    """The way of each thing in sight that does what it set out to do; nothing found is a wrong answer.

    What set out to bounce and never rises again, because it landed on another thing, does not: no pixel shows it.
    """
    answers: Answers = []
    short = min(truth.instances.shape[1:])
    for track in in_sight(truth):
        true = WAY_OF.get(track.motion)
        if true and seen_to(true, track.y / short):
            thing = _nearest(track, truth, found)
            answers.append((None if thing is None else way(thing).value, true))
    return answers


def count_answers(truth: Truth, found: tuple[Thing, ...]) -> Answers:
    """How many things, in clips whose things are all in sight."""
    if len(in_sight(truth)) < len(truth.tracks):
        return []
    return [(count(found).value, len(truth.tracks))]


def background_answers(clip: RenderedClip, frames: Frames) -> Answers:
    """The theme, or each end of the painted wall."""
    said, true = background(frames).value, clip.spec.background
    if true.theme:
        return [(said.theme, true.theme)]
    ends = zip((said.upper, said.lower), (true.colours[0], true.colours[-1]), strict=True)
    return [(end, colour) for end, colour in ends]


def words_answers(truth: Truth, frames: Frames) -> Answers:
    """Whether the words are read to the letter, and none where there are none."""
    right = words(frames).value == truth.text
    kind = "words" if truth.text else "no words"
    return [(kind if right else "misread", kind)]


def edit_answers(triple: EditTriple, through: Callable[[Frames], Frames]) -> Answers:
    """Of a true edit, one that was not made, and one whose mask leaves out half of what it changes."""
    before, after, mask = through(triple.before.frames), through(triple.after.frames), triple.mask
    half = mask.copy()
    columns = np.flatnonzero((triple.before.frames != triple.after.frames).any(axis=(0, 1, 3)))
    if len(columns):
        half[..., int(np.median(columns)) :] = False
    made, missing, leaking = verdict(before, after, mask), verdict(before, before, mask), verdict(before, after, half)
    return [
        (("changed", made.changed.value), ("changed", True)),
        (("changed", missing.changed.value), ("changed", False)),
        (("kept", made.kept.value), ("kept", True)),
        (("kept", leaking.kept.value), ("kept", False)),
    ]


def in_sight(truth: Truth) -> list[Track]:
    """Tracks that are seen well enough, for long enough, that a judge can be asked about them."""
    return [
        track for track in truth.tracks if ((track.seen >= _IN_SIGHT) & (track.inside >= _IN_SIGHT)).mean() >= _LONG
    ]


def apart(seconds: list[float]) -> list[float]:
    """Onsets that can be told apart: of several within the tolerance of the first, the first."""
    found: list[float] = []
    for time in sorted(seconds):
        if not found or time - found[-1] > TOLERANCE:
            found.append(time)
    return found


def _nearest(track: Track, truth: Truth, found: tuple[Thing, ...]) -> Thing | None:
    """The thing whose path lies nearest to the true one."""
    height, width = truth.instances.shape[1:]
    short = min(height, width)
    x, y = (track.x - width / 2) / short, (track.y - height / 2) / short
    gaps = [float(np.nanmean(np.hypot(thing.x - x[thing.frames], thing.y - y[thing.frames]))) for thing in found]
    gaps = [gap if len(thing.frames) > 1 else np.inf for gap, thing in zip(gaps, found, strict=True)]
    best = int(np.argmin(gaps)) if gaps else -1
    return found[best] if gaps and gaps[best] < _FOUND else None


def _pick(rng: np.random.Generator, options: list[str]) -> str:
    return options[int(rng.integers(len(options)))]
