"""Brief: what an advertiser asks for, as a YAML file that is checked field by field before anything is generated."""

from pathlib import Path
from typing import Annotated, Any, Self

import numpy as np
import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    model_validator,
)

from serving.campaign.locales import UnknownLocale, locale
from serving.errors import MediaError, ModerationMissing, PictureRefused, ServingError
from serving.media.fonts import uncovered
from serving.media.resize import USUAL, Resolution, delivery_size
from serving.moderation import Verdict, screen, screen_by_rules
from serving.picture_moderation import read_allowed

MIN_SECONDS = 4.0
MAX_SECONDS = 120.0
_SLUG = r"^[a-z0-9][a-z0-9_-]{0,62}$"


class BriefInvalid(ServingError):
    """A brief that cannot be worked: the message names the file, the field and what is wrong with it."""


def _known_locale(tag: str) -> str:
    try:
        return locale(tag).tag
    except UnknownLocale as error:
        raise ValueError(str(error)) from error


def _ratio(aspect: str) -> str:
    delivery_size(aspect)
    return aspect


def _drawable(text: str) -> str:
    missing = uncovered(text)
    if missing:
        raise ValueError(f"the font of end cards has no glyph for {missing!r}")
    return _unless_refused(text, screen_by_rules(text))


def _screened(text: str) -> str:
    return _unless_refused(text, screen(text))


def _unless_refused(text: str, verdict: Verdict) -> str:
    if not verdict.allowed:
        raise ValueError(f"refused by rule '{verdict.rule}' (matched: {verdict.matched!r}); rephrase it")
    return text


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) < len(values):
        raise ValueError(f"named twice: {', '.join(sorted({value for value in values if values.count(value) > 1}))}")
    return values


# YAML 1.1 reads an unquoted 16:9 as the number 969 in base 60, and no as False.
def _quoted(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        raise ValueError(f"is read as the {type(value).__name__} {value}: write it in quotes")  # noqa: TRY004
    return value


Text = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_drawable)]
Tag = Annotated[str, BeforeValidator(_quoted), AfterValidator(_known_locale)]
Ratio = Annotated[str, BeforeValidator(_quoted), AfterValidator(_ratio)]


class Audience(BaseModel):
    """Whom a variant speaks to.

    Attributes:
        name: Short, for file names.
        prompt: What this audience is shown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=_SLUG)
    prompt: Annotated[str, Field(min_length=3, max_length=500), AfterValidator(_screened)]


class Brief(BaseModel):
    """One campaign: every audience x locale x aspect ratio becomes a film.

    Attributes:
        id: Name of the campaign, for folders and partitions.
        product: Large on the end card.
        brand: Small on the end card.
        message: On the end card: one text for all locales, or one for each.
        audiences: Whom to address, each with a prompt.
        locales: Languages, perhaps with region.
        aspect_ratios: Like "16:9", quoted.
        resolution: ``480p``, ``720p`` or ``1080p``: the shorter side in pixels.
        seconds: Generated video before the end card; what is longer than the model samples at once is blended windows.
        fps: Frames a second, one of those that the model was trained at; left out: its usual ones.
        memory: MiB that pictures may take from latent to file; left out: what is sampled at once stays whole.
        style: Added to each prompt.
        rewrite: Whether prompts, style included, are rewritten like training captions.
        reference_image: Picture of who or what is to appear; relative to the brief's file.
        seed: Another number gives other films.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=_SLUG)
    product: Text
    brand: Annotated[str, Field(max_length=100), AfterValidator(_drawable)] = ""
    message: Text | dict[str, Text]
    audiences: tuple[Audience, ...] = Field(min_length=1)
    locales: Annotated[tuple[Tag, ...], AfterValidator(_distinct)] = Field(min_length=1)
    aspect_ratios: Annotated[tuple[Ratio, ...], AfterValidator(_distinct)] = Field(min_length=1)
    resolution: Resolution = USUAL
    seconds: float = Field(default=MIN_SECONDS, ge=MIN_SECONDS, le=MAX_SECONDS)
    fps: Annotated[int, Field(gt=0)] | None = None
    memory: Annotated[int, Field(gt=0)] | None = None
    style: Annotated[str, Field(max_length=200), AfterValidator(_screened)] = ""
    rewrite: StrictBool = False
    reference_image: Path | None = None
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _speaks_to_everyone(self) -> Self:
        _distinct(tuple(audience.name for audience in self.audiences))
        for tag in self.locales:
            self.text(tag)
        for audience in self.audiences:
            _screened(self.prompt(audience))
        return self

    def text(self, tag: str) -> str:
        """The message in a locale: its own, else its language's. Raises ValueError where there is none."""
        if isinstance(self.message, str):
            return self.message
        for key in (tag, tag.replace("_", "-").split("-")[0]):
            if key in self.message:
                return self.message[key]
        raise ValueError(f"message.{tag} is missing: the brief has the locale but no message in it")

    def prompt(self, audience: Audience) -> str:
        """What is generated for an audience."""
        return f"{audience.prompt}, {self.style}" if self.style else audience.prompt

    def reference(self) -> np.ndarray | None:
        """The reference picture, uint8 [H, W, 3]. Raises as ``read_allowed``."""
        return None if self.reference_image is None else read_allowed(self.reference_image)


def load_brief(path: Path) -> Brief:
    """The brief in a YAML file; ``id`` defaults to the file's name.

    Raises:
        BriefInvalid: it cannot be read, or a field is missing, unknown, refused by the content policy, or wrong.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:  # an impossible date is a ValueError
        raise BriefInvalid(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(content, dict):
        raise BriefInvalid(f"{path} must hold fields like 'product: ...', not a {type(content).__name__}")
    content.setdefault("id", path.stem.lower().replace(" ", "-"))
    try:
        brief = Brief.model_validate(content)
    except ValidationError as error:
        raise BriefInvalid(f"{path}: " + "; ".join(_problems(error))) from error
    if brief.reference_image is None:
        return brief
    try:
        brief = brief.model_copy(update={"reference_image": (path.parent / brief.reference_image).resolve()})
        brief.reference()
    except (MediaError, PictureRefused, ModerationMissing, OSError, ValueError, RuntimeError) as error:
        raise BriefInvalid(f"{path}: field 'reference_image': {error}") from error
    return brief


def _problems(error: ValidationError) -> list[str]:
    """One line a field; the branches of a union that pydantic tries are not part of a field's name."""
    found: dict[str, str] = {}
    for problem in error.errors():
        parts = [str(part) for part in problem["loc"] if not str(part).startswith(("str", "dict[", "function-"))]
        field = ".".join(part for part in parts if "[" not in part)
        message = problem["msg"].removeprefix("Value error, ")
        found.setdefault(field, f"field '{field}': {message}" if field else message)
    return list(found.values())
