"""Verification: whether a file is one of ours, by its signature and by its watermark."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from serving.errors import MediaError
from serving.home import Home
from serving.provenance.decoding import frames_of
from serving.provenance.keys import Keys
from serving.watermark import P_VALUE, Detection, Watermarker, payload_hex

_MANIFEST_BOX = b"uuid" + bytes.fromhex("d8fec3d61b0e483c92975828877ec481")

State = Literal["Trusted", "Valid", "Invalid", "None"]


@dataclass(frozen=True)
class Reading:
    """What the watermark says: payload (16 hex digits) and p-value (1.0 also where no picture can be decoded)."""

    payload: str | None
    p_value: float


@dataclass(frozen=True)
class Verdict:
    """The outcome for one file.

    Attributes:
        c2pa: State of the signed manifest, this installation's root being the only one trusted; ``None`` without one.
        watermark: What mark was found.
    """

    c2pa: State
    watermark: Reading

    @property
    def ok(self) -> bool:
        """Whether the signature is trusted and the watermark has p <= 1e-6."""
        return self.c2pa == "Trusted" and self.watermark.p_value <= P_VALUE

    def as_json(self) -> dict[str, Any]:
        """The verdict as ``cinemill verify --json`` prints it."""
        return {**asdict(self), "ok": self.ok}


def verify(path: Path, home: Home) -> Verdict:
    """What can be proven of ``path`` with the keys of ``home``.

    ``Valid`` (whole, but signed by someone this installation does not know) is not enough. Files that are no
    video get a verdict too: there is no evidence in them.

    Raises:
        MediaError: there is no such file.
        KeysUnsafe: see ``Keys.open``.
    """
    if not path.is_file():
        raise MediaError(f"{path} is not a file")
    keys = Keys.open(home)
    state = signature_state(path, keys.root)
    found = read_watermark(path, keys.watermark_key)
    payload = None if found.payload is None else payload_hex(found.payload)
    return Verdict(state, Reading(payload, found.p_value))


def signature_state(path: Path, trust_root: bytes) -> State:
    """State of the file's C2PA manifest, the given root (PEM) being the only one trusted.

    ``None``: no manifest, or no mp4. Nothing is fetched from the net.
    """
    import c2pa

    settings = {
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "trust": {"trust_anchors": trust_root.decode()},
    }
    try:
        with (
            c2pa.Context(c2pa.Settings.from_dict(settings)) as context,
            path.open("rb") as stream,
            c2pa.Reader("video/mp4", stream, context=context) as reader,
        ):
            state = reader.get_validation_state()
    except c2pa.C2paError:
        return "Invalid" if _holds_manifest(path) else "None"
    return "Trusted" if state == "Trusted" else "Valid" if state == "Valid" else "Invalid"


def _holds_manifest(path: Path) -> bool:
    """Whether a file that cannot be read as C2PA has the box that a manifest lies in; it comes first in the file."""
    with path.open("rb") as stream:
        return _MANIFEST_BOX in stream.read(1 << 20)


def read_watermark(path: Path, key: bytes) -> Detection:
    """The mark in the first seconds of a video; no mark where no picture can be decoded."""
    try:
        return Watermarker(key).detect(frames_of(path))
    except MediaError:
        return Detection(None, 1.0, 0)
