"""The campaign's record: ``campaign.json``, which says of every delivered file what it is and how it was made."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.files import sha256_file, write_json
from serving.rewriting import Rewrite

FILE = "campaign.json"


class ModelVersion(BaseModel):
    """The registered version that made a file: never an alias, which moves."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    name: str
    version: str
    mlflow_run: str | None = None


class Delivered(BaseModel):
    """One finished file.

    Attributes:
        path: Relative to the campaign's folder.
        sha256: Of the file as delivered, signature included.
        variant, audience, locale, ratio, prompt, seed: What was asked for.
        seconds: Length, end card included; ``generated_seconds`` of it are the model's.
        upsampling: How the model's picture was brought to the delivered size.
        lufs: Integrated loudness; None for silence.
        model, dataset_digest: What made it, and from what data.
        run_id: The run that made it.
        attributions: Credits that licences of the training footage ask for.
        rewrite: What the model was given in the prompt's place, if it was rewritten.
        record_id: Its id, whose first 64 bits are the watermark's payload.
        unread: What of the prompt is beyond what the model reads.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    path: str
    sha256: str
    variant: str
    audience: str
    locale: str
    ratio: str
    prompt: str
    seed: int
    seconds: float
    generated_seconds: float
    width: int
    height: int
    fps: int
    video_codec: str = "h264"
    audio_codec: str = "aac"
    lufs: float | None
    upsampling: str
    model: ModelVersion
    dataset_digest: str
    run_id: str
    attributions: tuple[str, ...]
    record_id: str
    watermark_payload: str
    rewrite: Rewrite | None = None
    unread: str = ""


class Failed(BaseModel):
    """A film that could not be made.

    Attributes:
        variant: Which.
        reason: Why.
        earlier: Name of the file that was delivered of it before, by another brief or model, which still lies there.
    """

    model_config = ConfigDict(frozen=True)

    variant: str
    reason: str
    earlier: str | None = None


class CampaignRecord(BaseModel):
    """Everything about one campaign's folder.

    Attributes:
        brief: As it was asked for.
        files: What is delivered, in the order of the variants.
        failed: What is not.
        contact_sheet: Name of the picture of all films.
        rewrites: Of the brief's prompts, if it asks for them: a run that goes on uses them again.
    """

    format: Literal[1] = 1
    campaign: str
    brief: dict[str, Any]
    files: list[Delivered] = Field(default_factory=list)
    failed: list[Failed] = Field(default_factory=list)
    contact_sheet: str | None = None
    rewrites: list[Rewrite] = Field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> "CampaignRecord | None":
        """The record in ``folder``; None if there is none or another format's: its campaign is made anew."""
        try:
            return cls.model_validate_json((folder / FILE).read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def write(self, folder: Path) -> None:
        """Write it into ``folder`` atomically."""
        write_json(folder / FILE, self.model_dump(mode="json"))

    def finished(self, folder: Path, record_id: str) -> Delivered | None:
        """The delivered file of this id, if it is still there and still what was delivered."""
        for file in self.files:
            path = folder / file.path
            if file.record_id == record_id and path.is_file() and sha256_file(path) == file.sha256:
                return file
        return None
