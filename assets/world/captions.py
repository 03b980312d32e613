"""Captions that are true of a clip: a short one of under 12 words and a long one of 60 to 120, in varied wordings."""

from collections.abc import Iterator, Sequence

import numpy as np

from assets.world.actors import happened
from assets.world.backdrops import THEMES
from assets.world.identities import identity
from assets.world.kinds import Manner
from assets.world.physics import STEPS, Simulation
from assets.world.spec import CameraClass, ObjectSpec, WorldSpec
from assets.world.sprites import kind_of

SHORT_WORDS = 11
LONG_WORDS = (60, 120)

_GOES: dict[Manner, tuple[str, ...]] = {
    "walk": ("walks", "strolls"),
    "hop": ("moves", "slides"),
    "crawl": ("crawls", "creeps"),
    "fly": ("flies", "glides"),
    "drive": ("drives", "rolls"),
    "roll": ("rolls",),
    "slide": ("slides", "glides"),
    "fixed": ("moves",),
    "bomb": ("slides",),
}
DOES: dict[str, tuple[str, ...]] = {
    "rise": ("rises", "floats up", "moves upward"),
    "fall": ("falls", "drops", "falls to the ground"),
    "bounce": ("bounces", "bounces up and down", "keeps bouncing"),
    "jump": ("jumps", "jumps up and down", "leaps up"),
    "spin": ("spins", "turns around", "rotates"),
    "throw left": ("is thrown to the left", "is tossed left"),
    "throw right": ("is thrown to the right", "is tossed right"),
    "explode": ("explodes", "blows up"),
    "pushed": ("is pushed", "gets pushed along"),
    "collected": ("is picked up", "gets collected"),
}
RESTS = ("stands still", "stays still", "does not move")
HOVERS = "hovers"
_CAMERA: dict[CameraClass, tuple[str, ...]] = {
    "zoom in": ("The camera zooms in", "The lens zooms in while the camera stays put"),
    "zoom out": ("The camera zooms out", "The lens zooms out while the camera stays put"),
    "push in": ("The camera pushes in toward the scene", "The camera moves forward"),
    "pull out": ("The camera pulls out of the scene", "The camera moves backward"),
    "pan right": ("The camera pans right", "The camera turns to the right from one spot"),
    "pan left": ("The camera pans left", "The camera turns to the left from one spot"),
    "truck right": ("The camera trucks right", "The camera travels sideways to the right"),
    "truck left": ("The camera trucks left", "The camera travels sideways to the left"),
    "tilt up": ("The camera tilts up", "The camera turns upward from one spot"),
    "tilt down": ("The camera tilts down", "The camera turns downward from one spot"),
    "pedestal up": ("The camera pedestals up", "The whole camera is raised"),
    "pedestal down": ("The camera pedestals down", "The whole camera is lowered"),
    "arc": ("The camera moves in an arc around the scene", "The camera arcs around its subject"),
    "tracking": ("The camera tracks the subject", "The camera follows along in a tracking shot"),
    "static": ("The camera is static", "The camera does not move"),
    "handheld": ("The camera is handheld and shakes a little", "A handheld camera trembles slightly"),
}
STYLE_PHRASES = {
    "greyscale": "in black and white",
    "sepia": "in brown sepia tones",
    "night": "in the blue light of night",
}
_COUNT = ("no object", "one object", "two objects", "three objects", "four objects", "five objects")
_BLOWS = {
    "wood": "a wooden knock",
    "metal": "a metallic clang",
    "stone": "a dull knock of stone",
    "soft": "a soft thud",
    "glass": "a clink of glass",
    "rubber": "a rubbery thump",
    "paper": "a slap of paper",
    "plant": "a rustle of leaves",
}
_PLACE_WORDS = {
    "birds": "leaves and distant birds",
    "wind": "a steady wind",
    "traffic": "distant traffic",
    "waves": "waves",
    "drone": "a deep drone",
    "fire": "a soft fire",
    "room": "a quiet room",
}


def short(spec: WorldSpec, done: Simulation, *, moving: bool) -> str:
    """Who does what where, in at most 11 words. ``moving`` is false for an image."""
    rng = np.random.default_rng([spec.seed, 11])
    place = where(spec)
    if not spec.objects:
        return f"nothing but the view {place}"
    subject = noun(spec, 0, sized=False)
    says = f"{subject} {verb(spec, done, 0, rng)}" if moving else subject
    options = [f"{says} {place}", f"{place}, {says}"]
    if spec.text:
        options = [
            f'{says} {place}, words "{spec.text}"',
            f'{says} under "{spec.text}"',
            f'{subject} and "{spec.text}"',
        ]
    elif len(spec.objects) > 1:
        other = noun(spec, 1, sized=False)
        options = [*options, f"{says} beside {other} {place}", f"{says}, {other} nearby"]
    fitting = [option for option in options if len(option.split()) <= SHORT_WORDS]
    return _pick(rng, fitting or [says])


def long(spec: WorldSpec, done: Simulation, *, moving: bool) -> str:
    """The whole scene in 60 to 120 words: every object, the place, the camera, the words, the sounds."""
    rng = np.random.default_rng([spec.seed, 13])
    needed = [_opening(spec, rng), *_objects(spec, done, rng, moving=moving)]
    if spec.text:
        needed.append(_pick(rng, (f'The words "{spec.text}" are written at the top.', f'A sign reads "{spec.text}".')))
    if moving:
        needed.append(f"{_pick(rng, _CAMERA[spec.camera.kind])}.")
    wanted = [*(_heard(spec, done, rng) if moving else ()), *_details(spec, rng, moving=moving)]
    sentences = list(needed)
    for sentence in wanted:
        words = _words(sentences)
        if words >= LONG_WORDS[0] and (len(sentences) > len(needed) or words > LONG_WORDS[0] + 25):
            break
        if words + _words([sentence]) <= LONG_WORDS[1]:
            sentences.append(sentence)
    return " ".join(sentences)


def noun(spec: WorldSpec, index: int, *, sized: bool = True) -> str:
    """An object with its article: ``a big red frog``."""
    thing = spec.objects[index]
    words: list[str] = [thing.size] if sized and thing.size != "medium" else []
    words += [thing.colour] if thing.colour else []
    words.append(thing.kind)
    return f"{_article(words[0])} {' '.join(words)}"


def verb(spec: WorldSpec, done: Simulation, index: int, rng: np.random.Generator) -> str:
    """What an object does."""
    return doing(kind_of(spec.objects[index], spec.sprites).manner, happened(spec, done, index), rng)


def doing(manner: Manner, motion: str, rng: np.random.Generator) -> str:
    """A motion as a verb, for a thing that gets about in ``manner``."""
    if motion in {"left", "right"}:
        return f"{_pick(rng, _GOES[manner])} {_pick(rng, (f'to the {motion}', motion))}"
    if motion == "still":
        return HOVERS if manner == "fly" else _pick(rng, RESTS)
    return _pick(rng, DOES[motion])


def camera_phrases(kind: CameraClass) -> tuple[str, ...]:
    """The ways to say what the camera does, each the beginning of a sentence."""
    return _CAMERA[kind]


def where(spec: WorldSpec) -> str:
    """The place, as in ``on a blue background``."""
    background = spec.background
    if background.theme:
        return THEMES[background.theme].phrase
    colours = " and ".join(dict.fromkeys(background.colours))
    return f"on {_article(colours)} {colours} background"


def _opening(spec: WorldSpec, rng: np.random.Generator) -> str:
    style = f" {STYLE_PHRASES[spec.style]}" if spec.style in STYLE_PHRASES else ""
    count = _COUNT[len(spec.objects)] if len(spec.objects) < len(_COUNT) else "several objects"
    return _pick(
        rng,
        (
            f"A drawn scene{style} with {count} {where(spec)}.",
            f"This is a picture-book scene{style} {where(spec)}, with {count}.",
            f"We are {where(spec)}{style}, where there is {count}."
            if spec.background.theme and len(spec.objects) < 2
            else f"A flat, colourful scene{style} {where(spec)} shows {count}.",
        ),
    )


def _objects(spec: WorldSpec, done: Simulation, rng: np.random.Generator, *, moving: bool) -> Iterator[str]:
    for index, thing in enumerate(spec.objects):
        subject = noun(spec, index) + _clothes(thing)
        place = _position(thing)
        if not moving:
            yield _pick(rng, (f"{_capital(subject)} is {place}.", f"There is {subject} {place}."))
            continue
        does = verb(spec, done, index, rng)
        yield _pick(
            rng,
            (
                f"{_capital(subject)}, {place} at first, {does}.",
                f"{_capital(place)}, {subject} {does}.",
                f"Starting {place}, {subject} {does}.",
            ),
        )


def _clothes(thing: ObjectSpec) -> str:
    if thing.identity is None:
        return ""
    person = identity(thing.identity)
    return f" with {person.hair} hair, {_article(person.top)} {person.top} shirt and {person.bottom} trousers"


def _position(thing: ObjectSpec) -> str:
    if abs(thing.x) > 0.9:
        return f"outside the picture on the {'left' if thing.x < 0 else 'right'}"
    if abs(thing.x) < 0.16:
        return "in the middle"
    return "on the left" if thing.x < 0 else "on the right"


def _heard(spec: WorldSpec, done: Simulation, rng: np.random.Generator) -> Iterator[str]:
    """Sounds of the specified seconds."""
    kinds: dict[str, list[str]] = {}
    for happening in done.happenings:
        if happening.step <= spec.seconds * STEPS:
            kinds.setdefault(happening.kind, []).append(happening.material or "")
    said = []
    if "explosion" in kinds:
        said.append("a loud explosion")
    if "coin" in kinds:
        said.append("the chime of something collected")
    if "jump" in kinds:
        said.append("the sound of a jump")
    if "impact" in kinds:
        said += [_BLOWS[material] for material in dict.fromkeys(kinds["impact"])]
    if "engine" in kinds:
        said.append("a running engine")
    if said:
        listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
        yield _pick(rng, (f"One hears {listed}.", f"The sounds are {listed}.", f"There is {listed} to be heard."))
    theme = spec.background.theme
    ambience = _PLACE_WORDS[THEMES[theme].ambience if theme else "room"]
    yield _pick(rng, (f"Behind it is the sound of {ambience}.", f"The background noise is that of {ambience}."))


def _details(spec: WorldSpec, rng: np.random.Generator, *, moving: bool) -> Iterator[str]:
    """True remarks that fill a caption which would be too short, the most telling first."""
    if spec.objects:
        first = spec.objects[0]
        colour = "keeps its natural colours" if first.colour is None else f"{first.colour} in colour"
        yield f"The {first.kind} is {first.size} and {colour}."
    if spec.background.theme:
        yield "Several layers of scenery stand one behind the other, from the far sky to things close to the camera."
    else:
        yield "Behind everything is a smooth wall, and a slightly darker floor runs along its lower part."
    yield _pick(
        rng, ("The drawing has flat colours and clean edges.", "Everything is drawn with clean edges and flat colours.")
    )
    if moving:
        yield f"The action lasts about {spec.seconds:g} seconds without any cut."
    if not spec.text:
        yield "There are no words in the picture."
    yield "The light is even and nothing is blurred, so that each thing can be told from the others at a glance."
    yield "No other things come into the picture, and the style of the drawing stays the same throughout the scene."


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _words(sentences: Sequence[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def _pick(rng: np.random.Generator, options: Sequence[str]) -> str:
    return options[int(rng.integers(len(options)))]
