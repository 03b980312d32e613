"""Keys of one installation: a certificate authority, a signing certificate under it, and the watermark key."""

import hashlib
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from models.files import write_bytes
from serving.home import Home
from serving.provenance.certificates import issue
from serving.provenance.errors import KeysUnsafe

ROOT = "root.pem"
CHAIN = "chain.pem"
PRIVATE = ("root.key", "leaf.key", "watermark.key")


@dataclass(frozen=True, repr=False)
class Keys:
    """The installation's key material.

    Attributes:
        root: Certificate (PEM) that others must trust to trust our signatures.
        chain: Signing certificate and root (PEM).
        signing_key: Private key of the signing certificate (PEM, PKCS 8).
        watermark_key: 32 secret bytes.
    """

    root: bytes
    chain: bytes
    signing_key: bytes
    watermark_key: bytes

    @classmethod
    def open(cls, home: Home) -> "Keys":
        """The keys in ``home.keys``; made on first use.

        The folder appears whole, by one rename: of several processes that start at once one wins, and all use its keys.

        Raises:
            KeysUnsafe: a file is missing, or others may read a private key.
        """
        if not home.keys.exists() or not any(home.keys.iterdir()):
            _create(home.keys)
        unsafe = problems(home.keys)
        if unsafe:
            raise KeysUnsafe("; ".join(unsafe))

        def read(name: str) -> bytes:
            return (home.keys / name).read_bytes()

        return cls(read(ROOT), read(CHAIN), read("leaf.key"), read("watermark.key"))

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with the certificates or the watermark key, and tell nothing of it."""
        return hashlib.sha256(self.chain + self.root + self.watermark_key).hexdigest()[:16]


def problems(folder: Path) -> list[str]:
    """What is wrong with a key folder that exists, each with what to do; empty when all is well."""
    found = []
    for name in (ROOT, CHAIN, *PRIVATE):
        path = folder / name
        if not path.is_file():
            found.append(f"{path} is missing: restore it from a backup, or move {folder} away to get new keys")
        elif name in PRIVATE and path.stat().st_mode & 0o077:
            found.append(f"{path} can be read by others: run 'chmod 600 {path}'")
    return found


def export_trust_root(home: Home, path: Path) -> None:
    """Write the root certificate (PEM) to ``path``, for others who want to trust this installation's signatures."""
    write_bytes(path, Keys.open(home).root)


def _create(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=".keys.", dir=folder.parent))  # mode 0700
    try:
        issued = issue(secrets.token_hex(4))
        _write(scratch / ROOT, issued.root, 0o644)
        _write(scratch / CHAIN, issued.leaf + issued.root, 0o644)
        contents = (issued.root_key, issued.leaf_key, secrets.token_bytes(32))
        for name, content in zip(PRIVATE, contents, strict=True):
            _write(scratch / name, content, 0o600)
        try:
            scratch.rename(folder)
        except OSError:
            # Renaming onto a folder that is not empty fails: another process was first, and its keys count.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
