"""Signing: a C2PA manifest in an mp4 that says which model made it, from what prompt and data."""

import shlex
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.files import atomic_path
from serving.home import Home
from serving.provenance.errors import SigningFailed
from serving.provenance.keys import Keys

if TYPE_CHECKING:
    import c2pa

FACTS_LABEL = "io.cinemill.provenance"
_MP4 = "video/mp4"
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"


@dataclass(frozen=True)
class Facts:
    """What a deliverable's manifest states about its making.

    Attributes:
        title: Shown to readers.
        prompt_sha256: Hex digest of the prompt; the prompt itself stays with the maker.
        model: Registered model's name.
        model_version: Its version (never an alias).
        dataset_digest: Of the data that the model was trained on.
        seed: The number that the noise was drawn from.
        record_id: Id of the deliverable's record; its first 64 bits are the watermark's payload.
        campaign: The campaign that it belongs to.
        attribution: Credits that licences of the training footage ask for.
        rewritten_prompt_sha256: Hex digest of what the model was given in the prompt's place, if it was rewritten.
        upsampling: How the model's picture was brought to the file's size.
        sampling: How the model's latent was drawn, where the model's own way could be changed.
    """

    title: str
    prompt_sha256: str
    model: str
    model_version: str
    dataset_digest: str
    seed: int
    record_id: str
    campaign: str | None = None
    attribution: tuple[str, ...] = ()
    rewritten_prompt_sha256: str | None = None
    upsampling: str | None = None
    sampling: str | None = None


def require_parent(video: Path) -> None:
    """Raise SigningFailed unless a signature can name a video as what an edit started from: an mp4 or a mov."""
    import c2pa

    try:
        with c2pa.Builder(_named()) as builder:
            _add_parent(builder, video)
    except (c2pa.C2paError, OSError) as error:
        raise SigningFailed(
            f"{video} cannot be named as the original in a signature ({error}): bring it into an mp4, for one by "
            f"ffmpeg -i {shlex.quote(video.name)} -c copy {shlex.quote(video.stem + '-new.mp4')}"
        ) from error


def sign(source: Path, destination: Path, facts: Facts, home: Home, *, parent: Path | None = None) -> None:
    """Write ``source`` (mp4) with a signed manifest to ``destination``; the two may be the same path.

    Args:
        source: The finished, watermarked mp4.
        destination: Where the signed file appears, whole.
        facts: What the manifest states.
        home: Whose keys sign.
        parent: The footage that an edit started from; None where everything was generated.

    Raises:
        SigningFailed: the source is not an mp4 that can be signed, or nothing can be written; nothing was.
        KeysUnsafe: see ``Keys.open``.
    """
    import c2pa

    keys = Keys.open(home)
    try:
        info = c2pa.C2paSignerInfo(alg=b"es256", sign_cert=keys.chain, private_key=keys.signing_key, ta_url=None)
        with (
            c2pa.Context(c2pa.Settings.from_dict(_settings(keys.root))) as context,
            c2pa.Builder(_manifest(facts, edited=parent is not None), context) as builder,
            c2pa.Signer.from_info(info) as signer,
            atomic_path(destination) as temporary,
        ):
            if parent is None:
                builder.set_intent(c2pa.C2paBuilderIntent.CREATE, c2pa.C2paDigitalSourceType.TRAINED_ALGORITHMIC_MEDIA)
            else:
                builder.set_intent(c2pa.C2paBuilderIntent.EDIT)
                _add_parent(builder, parent)
            with source.open("rb") as plain, temporary.open("wb+") as signed:
                builder.sign(signer, _MP4, plain, signed)
    except c2pa.C2paError as error:
        raise SigningFailed(f"{source} could not be signed: {error} (is it a whole, readable mp4?)") from error
    except OSError as error:
        raise SigningFailed(f"{source} could not be signed and written to {destination}: {error}") from error


def _add_parent(builder: "c2pa.Builder", video: Path) -> None:
    with video.open("rb") as original:
        builder.add_ingredient({"title": video.name, "relationship": "parentOf"}, _MP4, original)


def _settings(root: bytes) -> dict[str, Any]:
    return {
        "verify": {"verify_after_sign": True, "verify_trust": True},
        "trust": {"trust_anchors": root.decode()},
        "builder": {
            # Left out of the hash (the default), free boxes could be replaced in a file that still reads as valid.
            "bmff_hash_exclude_free_and_skip_boxes": False,
            "thumbnail": {"enabled": False},
        },
    }


def _manifest(facts: Facts, *, edited: bool) -> dict[str, Any]:
    assertions: list[dict[str, Any]] = [{"label": FACTS_LABEL, "data": asdict(facts)}]
    if edited:
        edit = {
            "action": "c2pa.edited",
            "digitalSourceType": _SOURCE_TYPES + "compositeWithTrainedAlgorithmicMedia",
            "softwareAgent": {"name": facts.model, "version": facts.model_version},
        }
        assertions.append({"label": "c2pa.actions.v2", "data": {"actions": [edit]}})
    return _named() | {"title": facts.title, "assertions": assertions}


def _named() -> dict[str, Any]:
    return {"claim_generator_info": [{"name": "Cinemill"}], "format": _MP4}
